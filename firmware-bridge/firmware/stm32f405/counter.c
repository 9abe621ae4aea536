// `cycles`: the core's own cycle counter where there is one, else TIM2, 32 bits too. Milliseconds from SysTick, which also wakes the
// main loop.
#include "board.h"
#include "registers.h"
#include "policy.h"

uint32_t counter_hz;
static volatile uint32_t *counter;
static volatile uint32_t milliseconds;

void counter_interrupt(void) { milliseconds++; }

static bool core_counts(void) {
  REGISTER(DEMCR) |= DEMCR_TRCENA;
  if (!(REGISTER(DEMCR) & DEMCR_TRCENA)) return false;
  REGISTER(DWT_CYCCNT) = 0;
  REGISTER(DWT_CTRL) |= 1;
  const uint32_t before = REGISTER(DWT_CYCCNT);
  __asm__ volatile("nop\nnop\nnop\nnop");
  return REGISTER(DWT_CYCCNT) != before;
}

void counter_start(void) {
  REGISTER(TIM2_PSC) = 0;
  REGISTER(TIM2_ARR) = 0xffffffff;
  REGISTER(TIM2_EGR) = 1;
  REGISTER(TIM2_CR1) = 1;
  if (core_counts()) {
    counter = (volatile uint32_t *)DWT_CYCCNT;
    counter_hz = core_hz;
  } else {
    counter = (volatile uint32_t *)TIM2_CNT;
    counter_hz = on_chip() ? core_hz / 2 : 1000000000u; // QEMU's TIM2 counts nanoseconds: with -icount shift=0, instructions
  }
  REGISTER(SYST_RVR) = core_hz / 1000 - 1;
  REGISTER(SYST_CVR) = 0;
  REGISTER(SYST_CSR) = 7; // core clock, interrupt, on
}

u32 w2c_board_cycles(struct w2c_board *board) {
  (void)board;
  return *counter;
}

u32 w2c_board_millis(struct w2c_board *board) {
  (void)board;
  return milliseconds;
}
