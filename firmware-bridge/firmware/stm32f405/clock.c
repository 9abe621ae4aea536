// Crystal -> PLL -> 168 MHz for the core, 84 MHz for USART1 and for TIM2. Without a crystal the PLL runs from the 16 MHz RC oscillator,
// without a PLL the core does. `cycles`: the core's own cycle counter where there is one, else TIM2, 32 bits too. Milliseconds from
// SysTick, which also wakes the main loop.
#include "board.h"
#include "policy.h"

#define HSI_HZ 16000000u
#define TRIES 1000000u
_Static_assert(HSE_HZ % 1000000u == 0 && HSE_HZ >= 4000000u && HSE_HZ <= 26000000u, "HSE_HZ");

uint32_t core_hz;

bool wait_set(uint32_t address, uint32_t bits, uint32_t tries) {
  for (; tries; tries--) {
    if ((REGISTER(address) & bits) == bits) return true;
  }
  return false;
}

bool wait_clear(uint32_t address, uint32_t bits, uint32_t tries) {
  for (; tries; tries--) {
    if (!(REGISTER(address) & bits)) return true;
  }
  return false;
}

// After a reset the chip's flash controller is locked; what is not there reads 0. Nothing here unlocks it for longer than an operation.
bool on_chip(void) { return REGISTER(FLASH_CR) & FLASH_LOCK; }

static uint32_t pll(uint32_t source_hz, uint32_t from_crystal) {
  const uint32_t input_mhz = source_hz / 1000000u; // the PLL compares at 1 MHz
  REGISTER(RCC_PLLCFGR) = input_mhz | (336u << 6) | (0u << 16) | (from_crystal << 22) | (7u << 24); // x 336 / 2
  REGISTER(RCC_CR) |= RCC_PLLON;
  if (!wait_set(RCC_CR, RCC_PLLRDY, TRIES)) return HSI_HZ;
  REGISTER(RCC_CFGR) |= 2;
  return wait_set(RCC_CFGR, 2u << 2, TRIES) ? 168000000u : HSI_HZ;
}

void clock_start(void) {
  guard_start();
  // 5 wait states carry 168 MHz at 3.3 V; prefetch and both caches
  REGISTER(FLASH_ACR) = 5u | (1u << 8) | FLASH_ICEN | FLASH_DCEN;
  REGISTER(RCC_CFGR) = (5u << 10) | (4u << 13); // APB1 = core / 4, APB2 = core / 2
  REGISTER(RCC_CR) |= RCC_HSEON;
  const bool crystal = wait_set(RCC_CR, RCC_HSERDY, TRIES);
  core_hz = pll(crystal ? HSE_HZ : HSI_HZ, crystal);
  if (!on_chip()) core_hz = 168000000u; // what QEMU's SysTick counts

  REGISTER(RCC_AHB1ENR) |= 1u;       // GPIOA
  REGISTER(RCC_APB1ENR) |= 1u;       // TIM2
  REGISTER(RCC_APB2ENR) |= 1u << 4;  // USART1
  (void)REGISTER(RCC_APB2ENR);       // a peripheral answers only after its clock has come
}

uint32_t noise(void) {
  REGISTER(RCC_AHB2ENR) |= 1u << 6;
  (void)REGISTER(RCC_AHB2ENR);
  REGISTER(RNG_CR) = RNG_RNGEN;
  uint32_t word = 0;
  // the first may not be one yet
  for (uint32_t i = 0; i < 2 && wait_set(RNG_SR, RNG_DRDY, 10000); i++) word = REGISTER(RNG_DR);
  REGISTER(RNG_CR) = 0;
  return word;
}

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
