// Core cycles, 32 bits: SysTick counts 24 down, its interrupt the rest. Milliseconds from the microsecond timer.
#include "board.h"
#include "registers.h"
#include "policy.h"

static volatile uint32_t laps;

void counter_interrupt(void) { laps++; }

void counter_start(void) {
  REGISTER(SYST_RVR) = 0xffffff;
  REGISTER(SYST_CVR) = 0;
  REGISTER(SYST_CSR) = 7; // core clock, interrupt, on
}

u32 w2c_board_cycles(struct w2c_board *board) {
  (void)board;
  uint32_t lap, left;
  // a lap that ends between the two reads makes them again
  do {
    lap = laps;
    left = REGISTER(SYST_CVR);
  } while (lap != laps);
  return (lap << 24) + (0xffffff - left);
}

u32 w2c_board_millis(struct w2c_board *board) {
  (void)board;
  uint32_t high, low;
  do {
    high = REGISTER(TIMER_TIMERAWH);
    low = REGISTER(TIMER_TIMERAWL);
  } while (high != REGISTER(TIMER_TIMERAWH));
  return (u32)((((uint64_t)high << 32) | low) / 1000);
}
