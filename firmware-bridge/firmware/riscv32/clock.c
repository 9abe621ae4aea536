// `cycles` is the core's own counter: under -icount shift=0, instructions, exactly. Milliseconds from the timer's interrupt, which also
// wakes the main loop. There is no clock to set up.
#include "board.h"
#include "policy.h"

#define PMP_LOCKED 0x80u
#define PMP_NAPOT 0x18u
// 2^log2 bytes from base on
#define PMP_RANGE(base, log2) ((base) >> 2 | ((1u << ((log2) - 3)) - 1))

// What nothing has business with faults: around a null pointer, and below RAM, where the stack would go if it grew too large.
void clock_start(void) {
  __asm__ volatile("csrw pmpaddr0, %0" ::"r"(PMP_RANGE(0u, 12)));
  __asm__ volatile("csrw pmpaddr1, %0" ::"r"(PMP_RANGE(0x40000000u, 30)));
  __asm__ volatile("csrw pmpcfg0, %0" ::"r"((PMP_LOCKED | PMP_NAPOT) * 0x101u));
}

// There is no source of noise here. The time of day is never the same at two starts.
uint32_t noise(void) {
  const uint32_t low = REGISTER(RTC_LOW);
  return low ^ REGISTER(RTC_HIGH);
}

static volatile uint32_t milliseconds;
static uint64_t next;

static void alarm(void) {
  next += MTIME_HZ / 1000;
  REGISTER(CLINT_MTIMECMP + 4) = 0xffffffff; // no moment in between is in the past
  REGISTER(CLINT_MTIMECMP) = (uint32_t)next;
  REGISTER(CLINT_MTIMECMP + 4) = (uint32_t)(next >> 32);
}

void counter_interrupt(void) {
  milliseconds++;
  alarm();
}

void counter_start(void) {
  uint32_t high, low;
  do {
    high = REGISTER(CLINT_MTIME + 4);
    low = REGISTER(CLINT_MTIME);
  } while (high != REGISTER(CLINT_MTIME + 4));
  next = (uint64_t)high << 32 | low;
  alarm();
}

u32 w2c_board_cycles(struct w2c_board *board) {
  (void)board;
  u32 cycles;
  __asm__ volatile("csrr %0, mcycle" : "=r"(cycles));
  return cycles;
}

u32 w2c_board_millis(struct w2c_board *board) {
  (void)board;
  return milliseconds;
}
