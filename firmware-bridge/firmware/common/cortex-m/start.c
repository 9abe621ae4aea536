// Reset and the vector table, of any Cortex-M.
#include "board.h"

#define VTOR 0xe000ed08
#define CPACR 0xe000ed88

int main(void);
static void (*const vectors[16 + IRQS])(void);

__attribute__((noreturn)) void reset_handler(void) {
#ifdef __ARM_FP
  REGISTER(CPACR) |= 0xfu << 20; // the FPU, before anything may touch it
  BARRIER();
#endif
  REGISTER(VTOR) = (uint32_t)vectors;
  const uint32_t *from = data_image;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
  // paint the stack below this function's frame: the device reports how deep it was ever used
  const uint32_t *used = __builtin_frame_address(0);
  for (uint32_t *at = stack_low; at < used - 16; at++) *(volatile uint32_t *)at = 0xa5a5a5a5;
  clock_start();
  counter_start();
  line_start();
  main();
  for (;;) {
  }
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
