// Flash: sectors of 128 KB, programmed by words. The core stands still while it is busy (a sector takes 1 to 2 s to erase), so the code
// may stay in flash. Whatever goes wrong leaves other bytes than asked for, which the device finds when it compares.
#include "board.h"
#include "policy.h"

// more rounds than 4 s at 168 MHz
#define TRIES 200000000u
#define FIRST_LARGE_SECTOR 5u
// a slot's first word, 'bslt'
#define SLOT_MAGIC 0x746c7362u

// Where there is no flash controller, slots are RAM and behave as flash does: words go from 1 to 0 only.
static void ram_erase(uint32_t address, uint32_t bytes) {
  for (volatile uint32_t *at = (uint32_t *)address; at < (uint32_t *)(address + bytes);) *at++ = 0xffffffff;
}

static void ram_program(uint32_t address, const uint32_t *from, uint32_t bytes) {
  for (volatile uint32_t *at = (uint32_t *)address; at < (uint32_t *)(address + bytes);) *at++ &= *from++;
}

static bool is_ram(uint32_t address) { return address >= 0x20000000u; }

static void unlock(void) {
  REGISTER(FLASH_KEYR) = 0x45670123;
  REGISTER(FLASH_KEYR) = 0xcdef89ab;
  wait_clear(FLASH_SR, FLASH_BSY, TRIES);
  REGISTER(FLASH_SR) = FLASH_ERRORS; // writing 1 clears
}

static void lock(void) {
  REGISTER(FLASH_CR) = FLASH_LOCK;
  // the data cache may hold what was there before
  REGISTER(FLASH_ACR) &= ~FLASH_DCEN;
  REGISTER(FLASH_ACR) |= FLASH_DCRST;
  REGISTER(FLASH_ACR) &= ~FLASH_DCRST;
  REGISTER(FLASH_ACR) |= FLASH_DCEN;
}

static uint32_t sector_of(uint32_t address) {
  if (address >= SLOT_A) return FIRST_LARGE_SECTOR + (address - SLOT_A) / ERASE_BYTES;
  return address >= KEYS_B ? 4 : 3;
}

void w2c_board_erase(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  if (is_ram(address)) {
    ram_erase(address, bytes);
    return;
  }
  unlock();
  for (uint32_t end = address + bytes; address < end; address += ERASE_BYTES) {
    guard_alive();
    const uint32_t sector = sector_of(address);
    REGISTER(FLASH_CR) = FLASH_SER | FLASH_SNB(sector) | FLASH_PSIZE_32;
    REGISTER(FLASH_CR) |= FLASH_STRT;
    BARRIER();
    wait_clear(FLASH_SR, FLASH_BSY, TRIES);
  }
  lock();
}

void w2c_board_program(struct w2c_board *board, u32 address, u32 source, u32 bytes) {
  (void)board;
  const uint32_t *from = (const uint32_t *)source;
  if (is_ram(address)) {
    ram_program(address, from, bytes);
    return;
  }
  guard_flash(true);
  unlock();
  REGISTER(FLASH_CR) = FLASH_PG | FLASH_PSIZE_32;
  for (uint32_t end = address + bytes; address < end; address += 4) {
    REGISTER(address) = *from++;
    BARRIER();
    wait_clear(FLASH_SR, FLASH_BSY, TRIES);
  }
  lock();
  guard_flash(false);
}

static void slots(struct facts *facts, uint32_t a, uint32_t b, uint32_t bytes, uint32_t erase_bytes) {
  facts->slot_a = a;
  facts->slot_b = b;
  facts->slot_bytes = bytes;
  facts->erase_bytes = erase_bytes;
}

// On the chip the slots are in flash. QEMU's flash cannot be written: its slots are in RAM, unless QEMU was started with a policy
// already in flash, which can only be run.
const char *board_facts(struct facts *facts) {
  if (on_chip()) slots(facts, SLOT_A, SLOT_B, SLOT_BYTES, ERASE_BYTES);
  else if (REGISTER(SLOT_A) == SLOT_MAGIC) slots(facts, SLOT_A, PLACED_SPARE, PLACED_BYTES, ERASE_BYTES);
  else slots(facts, RAM_SLOT_A, RAM_SLOT_B, RAM_SLOT_BYTES, RAM_ERASE_BYTES);
#ifdef SIGNED
  if (facts->slot_b != PLACED_SPARE) {
    facts->vault = on_chip() ? VAULT : RAM_VAULT;
    facts->vault_bytes = on_chip() ? VAULT_BYTES : RAM_VAULT_BYTES;
  }
#endif
  facts->program_bytes = PROGRAM_BYTES;
  facts->clock_hz = counter_hz;
  facts->seed = noise();
  facts->keys_a = on_chip() ? KEYS_A : RAM_KEYS_A;
  facts->keys_b = on_chip() ? KEYS_B : RAM_KEYS_B;
  facts->keys_bytes = on_chip() ? KEYS_BYTES : RAM_KEYS_BYTES;
  facts->line_hz = LINE_HZ;
  facts->line_least = LINE_LEAST;
  return on_chip() ? "stm32f405" : "stm32f405-qemu";
}
