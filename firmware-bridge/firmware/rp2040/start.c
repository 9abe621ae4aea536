// Reset and the vector table.
#include "board.h"

int main(void);
void line_interrupt(void);
void counter_interrupt(void);

__attribute__((noreturn)) void reset_handler(void) {
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

// A fault stops the board here, where a debugger finds it; the host sees it go silent.
static void fault(void) {
  for (;;) __asm__ volatile("bkpt 255");
}

#define IRQ(number) [16 + (number)]

__attribute__((section(".vectors"), used)) static void (*const vectors[48])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    fault, // NMI
    fault, // HardFault
    [11] = fault,
    [14] = fault,
    [15] = counter_interrupt,
    IRQ(0) = fault, IRQ(1) = fault, IRQ(2) = fault, IRQ(3) = fault, IRQ(4) = fault, IRQ(5) = fault, IRQ(6) = fault,
    IRQ(7) = fault, IRQ(8) = fault, IRQ(9) = fault, IRQ(10) = fault, IRQ(11) = fault, IRQ(12) = fault, IRQ(13) = fault,
    IRQ(14) = fault, IRQ(15) = fault, IRQ(16) = fault, IRQ(17) = fault, IRQ(18) = fault, IRQ(19) = fault,
    IRQ(20) = line_interrupt,
    IRQ(21) = fault, IRQ(22) = fault, IRQ(23) = fault, IRQ(24) = fault, IRQ(25) = fault,
};
