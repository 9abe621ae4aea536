// Takes the place of what wasm2c writes before a module's functions. A wasm address is the native address (base 0, no bounds check):
// a policy then runs in place from flash, and a load is one instruction. What makes it safe: the module has no data segment and never
// grows its memory (the build refuses one that does), `validate` proves every index of a policy before it runs, and the same module
// runs bounds-checked in Node under fuzzing.
#ifndef PRELUDE_H_
#define PRELUDE_H_

#include "policy.h"

#define assert(condition)
#define FUNC_PROLOGUE
#define FUNC_EPILOGUE
#define FUNC_TYPE_T(name) static const char *const name __attribute__((unused))
#define UNREACHABLE __builtin_trap()

typedef u32 __attribute__((may_alias)) any_u32;
typedef u16 __attribute__((may_alias)) any_u16;
typedef s16 __attribute__((may_alias)) any_s16;
typedef f32 __attribute__((may_alias)) any_f32;

#define AT(address) ((uintptr_t)(u32)(address))

#define LOAD(name, type, result)                                                       \
  static inline result name##_default32(const wasm_rt_memory_t *memory, u64 address) { \
    (void)memory;                                                                      \
    return (result) * (const type *)AT(address);                                       \
  }

#define STORE(name, type, given)                                                               \
  static inline void name##_default32(wasm_rt_memory_t *memory, u64 address, given value) { \
    (void)memory;                                                                              \
    *(type *)AT(address) = (type)value;                                                        \
  }

LOAD(i32_load, any_u32, u32)
LOAD(i32_load8_u, u8, u32)
LOAD(i32_load8_s, s8, u32)
LOAD(i32_load16_u, any_u16, u32)
LOAD(i32_load16_s, any_s16, u32)
LOAD(f32_load, any_f32, f32)
STORE(i32_store, any_u32, u32)
STORE(i32_store8, u8, u32)
STORE(i32_store16, any_u16, u32)
STORE(f32_store, any_f32, f32)

#ifdef SIGNED
// 64 bits: of hashes and of sums of products. A load or store of 8 bytes asks for an address that is a multiple of 4 only.
typedef u64 __attribute__((may_alias, aligned(4))) any_u64;
LOAD(i64_load, any_u64, u64)
LOAD(i64_load8_u, u8, u64)
LOAD(i64_load16_u, any_u16, u64)
LOAD(i64_load32_u, any_u32, u64)
STORE(i64_store, any_u64, u64)
STORE(i64_store8, u8, u64)
STORE(i64_store16, any_u16, u64)
STORE(i64_store32, any_u32, u64)
#define I64_ROTL(x, n) ((u64)(x) << ((n) & 63) | (u64)(x) >> ((0u - (n)) & 63))
#define I64_ROTR(x, n) ((u64)(x) >> ((n) & 63) | (u64)(x) << ((0u - (n)) & 63))
#endif

static inline u32 i32_reinterpret_f32(f32 value) {
  u32 bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline f32 f32_reinterpret_i32(u32 bits) {
  f32 value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

// (0 - n) & 31 is the complement of n that C lets one shift by, also for 0
#define I32_ROTL(x, n) ((u32)(x) << ((n) & 31) | (u32)(x) >> ((0u - (n)) & 31))
#define I32_ROTR(x, n) ((u32)(x) >> ((n) & 31) | (u32)(x) << ((0u - (n)) & 31))
#define I32_CLZ(x) ((x) ? (u32)__builtin_clz(x) : 32u)
#define I32_CTZ(x) ((x) ? (u32)__builtin_ctz(x) : 32u)
#define DIV_U(x, y) ((y) == 0 ? (UNREACHABLE, 0u) : (x) / (y))
#define REM_U(x, y) ((y) == 0 ? (UNREACHABLE, 0u) : (x) % (y))

// NaN of either makes NaN, and -0 lies below 0: where neither is less, their bits decide
static inline f32 FMIN(f32 x, f32 y) {
  if (x < y) return x;
  if (y < x) return y;
  return x == y ? f32_reinterpret_i32(i32_reinterpret_f32(x) | i32_reinterpret_f32(y)) : x + y;
}

static inline f32 FMAX(f32 x, f32 y) {
  if (x > y) return x;
  if (y > x) return y;
  return x == y ? f32_reinterpret_i32(i32_reinterpret_f32(x) & i32_reinterpret_f32(y)) : x + y;
}

// sum + weight * input, each operation rounded by itself. The build puts it in; a board without an FPU may bring its own.
#ifdef BOARD_MULTIPLY_ADD
f32 multiply_add(f32 sum, f32 weight, f32 input);
#else
static inline f32 multiply_add(f32 sum, f32 weight, f32 input) {
  f32 product = weight * input;
  return sum + product;
}
#endif

#endif
