// What of an STM32F405 QEMU does not model, as RM0090 describes it: clocks and the flash controller. The board's own clock.c and flash.c are
// compiled against it and run here. Prints one line a promise broken, nothing if all hold.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "board.h"

#define FLASH_BYTES 0x100000u
#define BUSY_READS 5

static uint32_t flash[FLASH_BYTES / 4];
static uint32_t cr, sr, keys, acr, rcc_cr, pll, cfgr, busy, reads, erased, programmed;
static bool hse_works, pll_works, writable;
static struct {
  uint32_t address, before;
  volatile uint32_t value;
} last;

static void broken(const char *what) { printf("%s (address %08x, value %08x)\n", what, last.address, last.value); }

static bool in_flash(uint32_t address) { return address - FLASH_BASE < FLASH_BYTES; }

static uint32_t read_register(uint32_t address) {
  if (in_flash(address)) return flash[(address - FLASH_BASE) / 4];
  switch (address) {
    case FLASH_CR: return cr;
    case FLASH_SR:
      if (busy) busy--;
      return sr | (busy ? FLASH_BSY : 0);
    case FLASH_ACR: return acr;
    case RCC_CR:
      reads++;
      return rcc_cr | (hse_works && (rcc_cr & RCC_HSEON) && reads > 100 ? RCC_HSERDY : 0) |
             (pll_works && (rcc_cr & RCC_PLLON) && reads > 200 ? RCC_PLLRDY : 0);
    case RCC_PLLCFGR: return pll;
    case RCC_CFGR: return cfgr | (cfgr & 3u) << 2;
    default: return 0;
  }
}

static void erase_sector(uint32_t sector) {
  if (sector < 3 || sector > 11) broken("erase of a sector that holds the image");
  if (sector == 3) memset((char *)flash + 0xc000, 0xff, 0x4000);
  else if (sector == 4) memset((char *)flash + 0x10000, 0xff, 0x10000);
  else memset((char *)flash + 0x20000 * (sector - 4), 0xff, 0x20000);
  erased |= 1u << sector;
  busy = BUSY_READS;
}

static void write_register(uint32_t address, uint32_t value) {
  if (in_flash(address)) {
    if (!writable) broken("flash written under the memory protection unit");
    if ((cr & (FLASH_LOCK | FLASH_PG | FLASH_SER)) != FLASH_PG || (cr & (3u << 8)) != FLASH_PSIZE_32) broken("flash not ready to program");
    if (busy) broken("flash written while busy");
    flash[(address - FLASH_BASE) / 4] &= value;
    programmed++;
    busy = BUSY_READS;
    return;
  }
  switch (address) {
    case FLASH_KEYR:
      keys = value == 0x45670123 ? 1 : value == 0xcdef89ab && keys == 1 ? 2 : 3;
      if (!(cr & FLASH_LOCK) || keys == 3) broken("keys out of order");
      if (keys == 2) cr &= ~FLASH_LOCK;
      break;
    case FLASH_SR: sr &= ~value; break;
    case FLASH_CR:
      if (cr & FLASH_LOCK) broken("flash controller written while locked");
      if (busy) broken("flash controller written while busy");
      if (sr & FLASH_ERRORS) broken("an error of before was not cleared");
      cr = value & ~FLASH_STRT;
      if (value & FLASH_LOCK) keys = 0;
      if ((value & FLASH_STRT) && (value & FLASH_SER)) erase_sector(value >> 3 & 15);
      break;
    case FLASH_ACR:
      if ((value & FLASH_DCRST) && (value & FLASH_DCEN)) broken("data cache reset while it is on");
      acr = value;
      break;
    case RCC_CR: rcc_cr = value & (RCC_HSEON | RCC_PLLON); break;
    case RCC_PLLCFGR:
      if (rcc_cr & RCC_PLLON) broken("PLL set up while it runs");
      pll = value;
      break;
    case RCC_CFGR:
      if ((value & 3u) == 2 && (acr & 7u) < 5) broken("168 MHz without the wait states for it");
      cfgr = value & ~0xcu;
      break;
    default: break;
  }
}

// The register to read or to write: what was done to the one before takes effect now.
volatile uint32_t *touch(uint32_t address) {
  if (last.value != last.before) write_register(last.address, last.value);
  last.address = address;
  last.before = last.value = read_register(address);
  return &last.value;
}

void guard_flash(bool on) { touch(0), writable = on; }
void guard_alive(void) {}
void guard_start(void) {}

void w2c_board_erase(void *board, uint32_t address, uint32_t bytes);
void w2c_board_program(void *board, uint32_t address, uint32_t source, uint32_t bytes);

static void power_on(bool crystal, bool pll_ready) {
  touch(0);
  cr = FLASH_LOCK;
  acr = rcc_cr = cfgr = sr = keys = busy = reads = 0;
  pll = 0x24003010;
  hse_works = crystal;
  pll_works = pll_ready;
  clock_start();
  touch(0);
}

static void expect(bool holds, const char *what) {
  if (!holds) broken(what);
}

int main(void) {
  power_on(true, true);
  expect(core_hz == 168000000 && (cfgr & 3) == 2, "with a crystal: 168 MHz");
  expect((pll >> 22 & 1) && (pll & 63) == HSE_HZ / 1000000, "with a crystal: the PLL takes it, by 1 MHz");
  power_on(false, true);
  expect(core_hz == 168000000 && !(pll >> 22 & 1) && (pll & 63) == 16, "without a crystal: 168 MHz from the RC oscillator");
  power_on(false, false);
  expect(core_hz == 16000000 && (cfgr & 3) == 0, "without a PLL: 16 MHz");

  power_on(true, true);
  memset(flash, 0x5a, sizeof flash);
  // the firmware's addresses have 32 bits
  uint32_t *source = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if ((uintptr_t)source > 0xffffffffu) return 1;
  for (uint32_t i = 0; i < 128; i++) source[i] = i * 0x01234567u;
  const uint32_t slots[] = {SLOT_A, SLOT_B};
  for (int s = 0; s < 2; s++) {
    erased = programmed = 0;
    sr = 0xf0; // left by whoever was here before
    for (uint32_t at = 0; at < SLOT_BYTES; at += ERASE_BYTES) w2c_board_erase(0, slots[s] + at, ERASE_BYTES);
    touch(0);
    expect(erased == (s ? 0x700u : 0xe0u), "a slot is three sectors");
    expect(flash[(slots[s] - FLASH_BASE) / 4] == 0xffffffff && flash[(slots[s] + SLOT_BYTES - 4 - FLASH_BASE) / 4] == 0xffffffff, "erased");
    expect(flash[(slots[s] - 4 - FLASH_BASE) / 4] != 0xffffffff || s, "nothing before the first slot is erased");
    w2c_board_program(0, slots[s] + 32, (uint32_t)(uintptr_t)source, 512);
    touch(0);
    expect(!memcmp((char *)flash + slots[s] - FLASH_BASE + 32, source, 512), "programmed");
    expect(cr & FLASH_LOCK, "locked again");
    expect(!writable, "protected again");
    expect((acr & (FLASH_DCEN | FLASH_ICEN | FLASH_DCRST)) == (FLASH_DCEN | FLASH_ICEN), "caches on again");
  }
  const uint32_t keys[] = {KEYS_A, KEYS_B};
  for (int half = 0; half < 2; half++) {
    erased = 0;
    w2c_board_erase(0, keys[half], KEYS_BYTES);
    touch(0);
    expect(erased == (half ? 0x10u : 0x8u), "half of the keys' flash is one sector");
    expect(flash[(keys[half] - FLASH_BASE) / 4] == 0xffffffff, "erased");
    w2c_board_program(0, keys[half] + 48, (uint32_t)(uintptr_t)source, 16);
    touch(0);
    expect(!memcmp((char *)flash + keys[half] - FLASH_BASE + 48, source, 16), "programmed");
  }
  expect(flash[(0x080e0000 - FLASH_BASE) / 4] == 0x5a5a5a5a && flash[0] == 0x5a5a5a5a, "no other sector was touched");
  return 0;
}
