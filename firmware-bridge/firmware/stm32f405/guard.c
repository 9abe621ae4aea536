// What keeps a firmware that has gone astray from going on. The memory protection unit: flash can be read and run, RAM and the peripherals in use read and written; every other address, a null
// pointer's included, is a fault. It takes no instructions once it is on.
#include "board.h"

#define REGION(log2) ((((log2) - 1u) << 1) | 1u)
#define FLASH_READ_ONLY 0x06020000u
#define FLASH_WRITABLE 0x03020000u
#define RAM_NEVER_RUN 0x13060000u
#define DEVICE_NEVER_RUN 0x13050000u

static void region(uint32_t number, uint32_t base, uint32_t attributes) {
  REGISTER(MPU_RNR) = number;
  REGISTER(MPU_RBAR) = base;
  REGISTER(MPU_RASR) = attributes;
  BARRIER();
}

void guard_flash(bool writable) {
  region(0, FLASH_BASE, (writable ? FLASH_WRITABLE : FLASH_READ_ONLY) | REGION(20));
}

void guard_start(void) {
  guard_flash(false);
  region(1, 0x20000000u, RAM_NEVER_RUN | REGION(17));
  region(2, 0x40000000u, DEVICE_NEVER_RUN | REGION(18));
  region(3, RNG_CR, DEVICE_NEVER_RUN | REGION(10));
  REGISTER(SHCSR) |= 1u << 16; // memory faults have a handler of their own
  REGISTER(MPU_CTRL) = 1;
  BARRIER();
  // the independent watchdog counts its own 32 kHz / 256
  REGISTER(IWDG_KR) = 0xcccc;
  REGISTER(IWDG_KR) = 0x5555;
  REGISTER(IWDG_PR) = 6;
  REGISTER(IWDG_RLR) = 1000;
  guard_alive();
}

void guard_alive(void) { REGISTER(IWDG_KR) = 0xaaaa; }

// A fault stops the board where a debugger is attached. Else it restarts: a policy on trial gives way to the last good one.
void board_fault(void) {
  if (REGISTER(DHCSR) & 1u) __asm__ volatile("bkpt 255");
  REGISTER(AIRCR) = AIRCR_RESET;
  for (;;) {
  }
}
