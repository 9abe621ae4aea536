// Start of a Cortex-M without a library, and output through semihosting.
#include "chip.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYS_WRITEC 3
#define SYS_EXIT 0x18
#define APPLICATION_EXIT 0x20026u

extern uint32_t stack_high[], bss_start[], bss_end[];
int main(void);

static inline void host(uint32_t operation, uint32_t argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register uint32_t r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

__attribute__((noreturn)) void reset_handler(void) {
  for (uint32_t *at = bss_start; at < bss_end; at++) *(volatile uint32_t *)at = 0;
  main();
  for (;;) {
  }
}

static void fault(void) {
  chip_write('!');
  chip_end();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    [2 ... 15] = fault,
};
