// The line to the host: USART1, 8N1, PA9 sends and PA10 receives. An interrupt takes what arrives, so that nothing is lost while the
// device computes.
#include "board.h"
#include "device.h"

// more rounds than a byte takes at 168 MHz
#define TRIES 100000u

// bytes that may come without the main loop: half of what the module holds, as the other half may lie there already
#define AHEAD (256u - 16u)
#define RECEIVE_INTERRUPT (1u << 5)

static volatile bool arrived;
// bytes since the main loop last came by
static volatile uint32_t ahead;

// where the module has no speeds only line_start calls it
void w2c_board_speed(struct w2c_board *board, u32 divisor) {
  (void)board;
  wait_set(USART1_SR, USART_TC, TRIES);
  REGISTER(USART1_CR1) = 0;
  REGISTER(USART1_BRR) = divisor ? divisor : (LINE_HZ + LINE_BAUD / 2) / LINE_BAUD;
  REGISTER(USART1_CR1) = 0x202c; // on, receive interrupt, send, receive
}

void line_start(void) {
  REGISTER(GPIOA_MODER) = (REGISTER(GPIOA_MODER) & ~(0xfu << 18)) | (0xau << 18); // alternate function
  REGISTER(GPIOA_AFRH) = (REGISTER(GPIOA_AFRH) & ~0xff0u) | 0x770u;               // 7: USART1
  REGISTER(GPIOA_PUPDR) = (REGISTER(GPIOA_PUPDR) & ~(3u << 20)) | (1u << 20);     // an open wire reads as silence
  w2c_board_speed(0, 0);
}

void line_interrupt(void) {
  // reading the data clears an overrun too; the frame it hit fails its CRC
  uint8_t bytes[16];
  uint32_t count = 0;
  while (count < sizeof bytes && (REGISTER(USART1_SR) & (USART_RXNE | USART_ORE))) {
    bytes[count++] = (uint8_t)REGISTER(USART1_DR);
  }
  w2c_policy_receive(&device, (uint32_t)bytes, count);
  arrived = true;
  // what is more waits in the USART: QEMU's line is as fast as its machine, and would leave the main loop no time between two interrupts
  ahead += count;
  if (ahead > AHEAD) REGISTER(USART1_CR1) &= ~RECEIVE_INTERRUPT;
}

// Wakes for bytes, and each millisecond.
void line_wait(void) {
  guard_alive();
  // interrupts off: one that comes between the look and the sleep would be slept over
  __asm__ volatile("cpsid i" ::: "memory");
  if (!arrived) __asm__ volatile("wfi" ::: "memory");
  arrived = false;
  if (ahead > AHEAD) REGISTER(USART1_CR1) |= RECEIVE_INTERRUPT;
  ahead = 0;
  __asm__ volatile("cpsie i\nisb" ::: "memory");
}

void w2c_board_send(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  const uint8_t *from = (const uint8_t *)address;
  for (const uint8_t *end = from + bytes; from < end; from++) {
    wait_set(USART1_SR, USART_TXE, TRIES);
    REGISTER(USART1_DR) = *from;
  }
}

void w2c_board_reset(struct w2c_board *board) {
  (void)board;
  // let the answer leave first
  wait_set(USART1_SR, USART_TC, TRIES);
  BARRIER();
  REGISTER(AIRCR) = AIRCR_RESET;
  for (;;) {
  }
}
