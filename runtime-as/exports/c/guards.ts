/** What keeps the bits of a policy's C whatever the compiler is told, and where its constants lie. */
import type { Prefix } from './text.ts'

/** Constants in flash: const is enough but on AVR, whose flash has an address space and instructions of its own. */
export const flash = ({ upper: P }: Prefix): string => `
#ifdef __AVR__
#include <avr/pgmspace.h>
#define ${P}_FLASH PROGMEM
#define ${P}_FLOAT(at) pgm_read_float(at)
#define ${P}_U8(at) pgm_read_byte(at)
#define ${P}_U16(at) pgm_read_word(at)
#define ${P}_I8(at) ((int8_t)pgm_read_byte(at))
#define ${P}_I32(at) ((int32_t)pgm_read_dword(at))
#else
#define ${P}_FLASH
#define ${P}_FLOAT(at) (*(at))
#define ${P}_U8(at) (*(at))
#define ${P}_U16(at) (*(at))
#define ${P}_I8(at) (*(at))
#define ${P}_I32(at) (*(at))
#endif
`

/** For #if: whether float is computed by a library, where nothing fuses. */
export const SOFT_FLOAT =
  'defined(__AVR__) || defined(__SOFTFP__) || defined(__XTENSA_SOFT_FLOAT__) || (defined(__riscv) && !defined(__riscv_flen))'

/** A float and its bits. */
export const bits = ({ lower: p }: Prefix): string => `
union ${p}_bits {
  float number;
  uint32_t bits;
};
typedef char ${p}_float_has_32_bits[sizeof(float) == 4 ? 1 : -1];
typedef char ${p}_shifts_keep_the_sign[(-1 >> 1) == -1 ? 1 : -1];
`

/**
 * A product that must round by itself passes through an empty asm, which costs no instruction and which no compiler looks through: Clang fuses
 * under -ffp-contract=fast whatever the pragmas say, and GCC 12 pairs neighbouring sums into vfmaddsub under -ffp-contract=off. GCC for ARM needs
 * no asm, and would lose its multiply-accumulate that rounds twice: there, and where the asm has no name for the register, the pragmas stand.
 */
export const guards = ({ lower: p, upper: P }: Prefix): string => `
#if defined(__cplusplus) ? __cplusplus < 201103L : (!defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L)
#error "C99 or C++11 is needed, or later"
#endif
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "-ffast-math changes the actions: compile this file without it"
#endif
#if defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "a part of -ffast-math changes the actions: compile this file without it"
#endif
/* 16: where the processor has halves, those alone are computed as themselves too */
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "float has to be computed as float: x87 needs -msse2 -mfpmath=sse"
#endif

/* no fused multiply-add: every operation rounds by itself */
#if defined(__clang__) || !defined(__GNUC__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off", "no-tree-slp-vectorize")
/* no call of memcpy in place of a loop */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#if defined(__arm__) || defined(__riscv)
/* moves loads away from their use until the registers do not suffice */
#pragma GCC optimize("no-schedule-insns")
#endif
#endif
#if defined(__GNUC__) && defined(__SSE__)
#define ${P}_REGISTER "+x"
#elif defined(__GNUC__) && defined(__aarch64__)
#define ${P}_REGISTER "+w"
#elif defined(__clang__) && defined(__arm__) && defined(__ARM_FP) && !defined(__SOFTFP__)
#define ${P}_REGISTER "+t"
#elif defined(__GNUC__) && defined(__riscv_flen)
#define ${P}_REGISTER "+f"
#endif
static inline float ${p}_rounded(float product) {
#ifdef ${P}_REGISTER
  __asm__("" : ${P}_REGISTER(product));
#endif
  return product;
}
#ifdef __GNUC__
#define ${P}_RESTRICT __restrict__
#else
#define ${P}_RESTRICT
#endif
`
