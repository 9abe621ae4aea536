// The line to the host: the 16550, 8N1. An interrupt takes what arrives, so that nothing is lost while the device computes.
#include "board.h"
#include "device.h"

// more rounds than a byte takes
#define TRIES 1000000u

// bytes that may come without the main loop: half of what the module holds, as the other half may lie there already
#define AHEAD (256u - 16u)

static volatile bool arrived;
// bytes since the main loop last came by
static volatile uint32_t ahead;

static bool uart_says(uint8_t bits) {
  for (uint32_t tries = TRIES; tries; tries--) {
    if (UART_LSR & bits) return true;
  }
  return false;
}

// where the module has no speeds only line_start calls it
void w2c_board_speed(struct w2c_board *board, u32 divisor) {
  (void)board;
  if (!divisor) divisor = LINE_HZ / LINE_BAUD;
  uart_says(LSR_ALL_SENT);
  // interrupts off: the data register is the divisor's meanwhile
  uint32_t before;
  __asm__ volatile("csrrci %0, mstatus, %1" : "=r"(before) : "i"(INTERRUPTS_ON) : "memory");
  UART_LCR = 0x83; // 8 bits; the next two registers are the divisor's
  UART_DATA = (uint8_t)divisor;
  UART_IER = (uint8_t)(divisor >> 8);
  UART_LCR = 0x03;
  __asm__ volatile("csrs mstatus, %0" ::"r"(before & INTERRUPTS_ON) : "memory");
}

void line_start(void) {
  w2c_board_speed(0, 0);
  UART_FCR = 0x87; // FIFOs on and empty; interrupt at 8 of 16 bytes, or 4 byte times after the last
  UART_IER = 1;
  REGISTER(PLIC_PRIORITY + 4 * LINE_IRQ) = 1;
  REGISTER(PLIC_ENABLE) = 1u << LINE_IRQ;
  REGISTER(PLIC_THRESHOLD) = 0;
}

void line_interrupt(void) {
  const uint32_t claimed = REGISTER(PLIC_CLAIM);
  uint8_t bytes[16];
  uint32_t count = 0;
  while (count < sizeof bytes && (UART_LSR & LSR_RECEIVED)) bytes[count++] = UART_DATA;
  w2c_policy_receive(&device, (uint32_t)bytes, count);
  arrived = true;
  // what is more waits in the UART: QEMU's line is as fast as its machine, and would leave the main loop no time between two interrupts
  ahead += count;
  if (ahead > AHEAD) UART_IER = 0;
  REGISTER(PLIC_CLAIM) = claimed;
}

// Wakes for bytes, and each millisecond.
void line_wait(void) {
  // interrupts off: one that comes between the look and the sleep would be slept over
  __asm__ volatile("csrci mstatus, %0" ::"i"(INTERRUPTS_ON) : "memory");
  if (!arrived) __asm__ volatile("wfi" ::: "memory");
  arrived = false;
  if (ahead > AHEAD) UART_IER = 1;
  ahead = 0;
  __asm__ volatile("csrsi mstatus, %0" ::"i"(INTERRUPTS_ON) : "memory");
}

void w2c_board_send(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  const uint8_t *from = (const uint8_t *)address;
  for (const uint8_t *end = from + bytes; from < end; from++) {
    uart_says(LSR_TAKES_MORE);
    UART_DATA = *from;
  }
}

// Also where a fault leads: a policy on trial then gives way to the last good one.
void board_fault(void) {
  REGISTER(FINISHER) = FINISHER_RESET;
  for (;;) {
  }
}

void w2c_board_reset(struct w2c_board *board) {
  (void)board;
  // let the answer leave first
  uart_says(LSR_ALL_SENT);
  board_fault();
}
