// QEMU's netduinoplus2: a Cortex-M4F, whose TIM2 counts instructions under -icount shift=0.
#include "cortex-m.h"

#define CPACR 0xE000ED88u
#define RCC_APB1ENR 0x40023840u
#define TIM2 0x40000000u

void chip_start(void) {
  REGISTER(CPACR) |= 0xfu << 20;
  __asm__ volatile("dsb\nisb");
  REGISTER(RCC_APB1ENR) |= 1;
  REGISTER(TIM2 + 0x28) = 0;
  REGISTER(TIM2 + 0x2c) = 0xffffffff;
  REGISTER(TIM2 + 0x14) = 1;
  REGISTER(TIM2) = 1;
}

uint32_t chip_count(void) { return REGISTER(TIM2 + 0x24); }

void chip_write(char letter) { host(SYS_WRITEC, (uint32_t)&letter); }

void chip_end(void) { host(SYS_EXIT, APPLICATION_EXIT); }
