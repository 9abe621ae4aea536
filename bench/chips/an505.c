// QEMU's mps2-an505: a Cortex-M33 with FPU. SysTick runs at 20 MHz, so a tick is 50 instructions under -icount shift=0.
#include "cortex-m.h"

#define CPACR 0xE000ED88u
#define SYSTICK 0xE000E010u
#define INSTRUCTIONS_A_TICK 50u

void chip_start(void) {
  REGISTER(CPACR) |= 0xfu << 20;
  __asm__ volatile("dsb\nisb");
  REGISTER(SYSTICK + 4) = 0xffffff;
  REGISTER(SYSTICK + 8) = 0;
  REGISTER(SYSTICK) = 5;
}

/* counts down, in 24 bits: what is counted ends before it comes round twice */
uint32_t chip_count(void) {
  static uint32_t passed, ticks;
  const uint32_t now = 0xffffffu - REGISTER(SYSTICK + 8);
  ticks += (now - passed) & 0xffffffu;
  passed = now;
  return ticks * INSTRUCTIONS_A_TICK;
}

void chip_write(char letter) { host(SYS_WRITEC, (uint32_t)&letter); }

void chip_end(void) { host(SYS_EXIT, APPLICATION_EXIT); }
