// The line to the host: UART0, 8N1, GPIO0 sends and GPIO1 receives. An interrupt takes what arrives, so that nothing is lost while the
// device computes.
#include "board.h"
#include "device.h"

static volatile uint32_t arrived;

static void wait_sent(void) {
  while (REGISTER(UART0_UARTFR) & UARTFR_BUSY) {
  }
}

// where the module has no speeds only line_start calls it
void w2c_board_speed(struct w2c_board *board, u32 divisor) {
  (void)board;
  if (!divisor) divisor = LINE_HZ / LINE_BAUD;
  wait_sent();
  REGISTER(UART0_UARTCR) = 0;
  REGISTER(UART0_UARTIBRD) = divisor >> 6;
  REGISTER(UART0_UARTFBRD) = divisor & 63;
  REGISTER(UART0_UARTLCR_H) = 0x70; // 8 bits, FIFOs on; writing it also takes the divisor over
  REGISTER(UART0_UARTCR) = 0x301;   // receive, send, on
}

void line_start(void) {
  w2c_board_speed(0, 0);
  REGISTER(UART0_UARTIMSC) = UART_RX | UART_RT; // at 16 of 32 bytes, or 32 bit times after the last
  REGISTER(IO_BANK0_GPIO0_CTRL) = FUNCTION_UART;
  REGISTER(IO_BANK0_GPIO1_CTRL) = FUNCTION_UART;
}

void line_interrupt(void) {
  uint8_t bytes[32];
  uint32_t count = 0;
  while (count < sizeof bytes && !(REGISTER(UART0_UARTFR) & UARTFR_RXFE)) bytes[count++] = (uint8_t)REGISTER(UART0_UARTDR);
  w2c_policy_receive(&device, (uint32_t)bytes, count);
  arrived = 1;
}

// Wakes for bytes, and each time SysTick comes round.
void line_wait(void) {
  // interrupts off: one that comes between the look and the sleep would be slept over
  __asm__ volatile("cpsid i" ::: "memory");
  if (!arrived) __asm__ volatile("wfi" ::: "memory");
  arrived = 0;
  __asm__ volatile("cpsie i" ::: "memory");
}

void w2c_board_send(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  const uint8_t *from = (const uint8_t *)address;
  for (const uint8_t *end = from + bytes; from < end; from++) {
    while (REGISTER(UART0_UARTFR) & UARTFR_TXFF) {
    }
    REGISTER(UART0_UARTDR) = *from;
  }
}

void w2c_board_reset(struct w2c_board *board) {
  (void)board;
  wait_sent(); // the answer
  REGISTER(PSM_WDSEL) = 0x1fffc; // all but the oscillators
  REGISTER(WATCHDOG_CTRL) = 1u << 31;
  for (;;) {
  }
}
