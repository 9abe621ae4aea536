// Reset and the vector table.
#include "board.h"
#include "registers.h"

int main(void);
void line_interrupt(void);
void counter_interrupt(void);

__attribute__((noreturn)) void reset_handler(void) {
  REGISTER(CPACR) |= 0xfu << 20; // the FPU, before anything may touch it
  BARRIER();
  REGISTER(VTOR) = 0x08000000;
  const uint32_t *from = data_image;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
  // paint the stack below this function's frame: the device reports how deep it was ever used
  const uint32_t *used = __builtin_frame_address(0);
  for (uint32_t *at = stack_low; at < used - 16; at++) *(volatile uint32_t *)at = 0xa5a5a5a5;
  guard_start();
  clock_start();
  counter_start();
  line_start();
  main();
  for (;;) {
  }
}

// A fault stops the board where a debugger is attached. Else it restarts: a policy on trial gives way to the last good one.
static void fault(void) {
  if (REGISTER(DHCSR) & 1u) __asm__ volatile("bkpt 255");
  REGISTER(AIRCR) = AIRCR_RESET;
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 82])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    [2 ... 14] = fault,
    [15] = counter_interrupt,
    [16 ... 16 + USART1_IRQ - 1] = fault,
    [16 + USART1_IRQ] = line_interrupt,
    [16 + USART1_IRQ + 1 ... 16 + 81] = fault,
};
