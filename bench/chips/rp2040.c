// rp2040js: a Cortex-M0+. Breakpoints call the host: 1 gives the core's cycles, 2 takes a letter, 3 ends.
#include "cortex-m.h"


void chip_start(void) {}

uint32_t chip_count(void) {
  register uint32_t r0 __asm__("r0") = 0;
  __asm__ volatile("bkpt 1" : "+r"(r0)::"memory");
  return r0;
}

void chip_write(char letter) {
  register uint32_t r0 __asm__("r0") = (uint32_t)letter;
  __asm__ volatile("bkpt 2" : "+r"(r0)::"memory");
}

void chip_end(void) { __asm__ volatile("bkpt 3" ::: "memory"); }
