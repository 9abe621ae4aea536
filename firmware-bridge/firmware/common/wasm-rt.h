// What wasm2c's output needs of its runtime, on a bare 32-bit little-endian machine.
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;
typedef const char *wasm_rt_func_type_t;

// The module's memory is the machine's address space: nothing to describe.
typedef struct {
  char nothing;
} wasm_rt_memory_t;

#endif
