// 12 MHz crystal -> PLL -> 125 MHz for the core and its peripherals. Core cycles, 32 bits: SysTick counts 24 down, its interrupt the rest.
// Milliseconds from the microsecond timer.
#include "board.h"
#include "policy.h"

// Every wait is bounded: a part that never reports ready leaves a slow board rather than a dead one.
static void wait(uint32_t address, uint32_t bits) {
  for (uint32_t tries = 1000000; tries && (REGISTER(address) & bits) != bits; tries--) {
  }
}

static void release(uint32_t parts) {
  CLEAR(RESETS_RESET) = parts;
  wait(RESETS_RESET_DONE, parts);
}

void clock_start(void) {
  REGISTER(XOSC_CTRL) = 0xaa0;   // 1..15 MHz
  REGISTER(XOSC_STARTUP) = 47;   // 1 ms, in units of 256 crystal cycles
  SET(XOSC_CTRL) = 0xfabu << 12; // enable
  wait(XOSC_STATUS, 1u << 31);

  // the core runs from the crystal while the PLL is set up
  REGISTER(CLOCKS_CLK_REF_CTRL) = 2;
  wait(CLOCKS_CLK_REF_SELECTED, 1u << 2);
  CLEAR(CLOCKS_CLK_SYS_CTRL) = 1;
  wait(CLOCKS_CLK_SYS_SELECTED, 1u << 0);

  SET(RESETS_RESET) = RESETS_PLL_SYS;
  release(RESETS_PLL_SYS);
  REGISTER(PLL_SYS_CS) = 1;          // reference: crystal / 1
  REGISTER(PLL_SYS_FBDIV_INT) = 125; // 1500 MHz
  CLEAR(PLL_SYS_PWR) = 0x21;         // power up, oscillator too
  wait(PLL_SYS_CS, 1u << 31);
  REGISTER(PLL_SYS_PRIM) = (6u << 16) | (2u << 12); // / 6 / 2
  CLEAR(PLL_SYS_PWR) = 0x08;

  REGISTER(CLOCKS_CLK_SYS_DIV) = 1u << 8;
  CLEAR(CLOCKS_CLK_SYS_CTRL) = 7u << 5; // auxiliary source: PLL
  SET(CLOCKS_CLK_SYS_CTRL) = 1;
  wait(CLOCKS_CLK_SYS_SELECTED, 1u << 1);
  REGISTER(CLOCKS_CLK_PERI_CTRL) = 1u << 11; // from the core's clock

  release(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | RESETS_TIMER | RESETS_UART0);
  REGISTER(WATCHDOG_TICK) = (1u << 9) | 12; // microseconds for the timer
}

// The ring oscillator runs from the start and drifts against the crystal. Neighbouring bits are alike, so many make one.
uint32_t noise(void) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < 1024; i++) word = (word << 5 | word >> 27) ^ (REGISTER(ROSC_RANDOMBIT) & 1);
  return word;
}

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
