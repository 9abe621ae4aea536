// Reset and the vector table, of any Cortex-M.
#include "board.h"

#define VTOR 0xe000ed08
#define CPACR 0xe000ed88

static void (*const vectors[16 + IRQS])(void);

__attribute__((noreturn)) void reset_handler(void) {
#ifdef __ARM_FP
  REGISTER(CPACR) |= 0xfu << 20; // the FPU, before anything may touch it
  BARRIER();
#endif
  REGISTER(VTOR) = (uint32_t)vectors;
  begin();
}

// Stops the board here, where a debugger finds it; the host sees it go silent.
__attribute__((weak)) void board_fault(void) {
  for (;;) __asm__ volatile("bkpt 255");
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + IRQS])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    [2 ... 14] = board_fault,
    [15] = counter_interrupt,
    [16 ... 16 + LINE_IRQ - 1] = board_fault,
    [16 + LINE_IRQ] = line_interrupt,
    [16 + LINE_IRQ + 1 ... 16 + IRQS - 1] = board_fault,
};
