// Reset and the one handler, of any RISC-V core of 32 bits that starts in machine mode at the image's first byte.
#include "board.h"

__attribute__((naked, section(".start"), used, noreturn)) void reset_entry(void) {
  __asm__ volatile("la sp, stack_high\nj reset_handler");
}

// Stops the board here, where a debugger finds it; the host sees it go silent.
__attribute__((weak)) void board_fault(void) {
  for (;;) __asm__ volatile("ebreak");
}

__attribute__((interrupt("machine"), aligned(4))) static void trap(void) {
  uint32_t cause;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause == (1u << 31 | TIMER_INTERRUPT)) counter_interrupt();
  else if (cause == (1u << 31 | EXTERNAL_INTERRUPT)) line_interrupt();
  else board_fault();
}

__attribute__((noreturn, used)) void reset_handler(void) {
  __asm__ volatile("csrw mtvec, %0" ::"r"(trap) : "memory");
  begin();
}
