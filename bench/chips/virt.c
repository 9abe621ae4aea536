// QEMU's virt: RISC-V of 32 bits. minstret counts instructions under -icount shift=0.
#include "chip.h"

#define UART (*(volatile uint8_t *)0x10000000)
#define TEST (*(volatile uint32_t *)0x100000)
#define PASS 0x5555

extern uint32_t bss_start[], bss_end[];
int main(void);

__attribute__((naked, noreturn, section(".start"))) void start(void) {
  __asm__ volatile(".option arch, +zicsr\n la sp, stack_high\n li t0, 0x6000\n csrs mstatus, t0\n j begin");
}

__attribute__((noreturn, used)) void begin(void) {
  for (uint32_t *at = bss_start; at < bss_end; at++) *(volatile uint32_t *)at = 0;
  main();
  for (;;) {
  }
}

void chip_start(void) {}

uint32_t chip_count(void) {
  uint32_t count;
  __asm__ volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(count));
  return count;
}

void chip_write(char letter) { UART = (uint8_t)letter; }

void chip_end(void) { TEST = PASS; }
