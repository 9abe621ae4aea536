// Flash of two chips side by side, by Intel's commands: blocks of 256 KB, words programmed through the chips' buffers. While a command is under way the bank answers
// reads with its status, so nothing but this may read slots meanwhile; the code and the vectors are in the other bank. Whatever goes wrong
// leaves other bytes than asked for, which the device finds when it compares.
#include "board.h"
#include "policy.h"

// more rounds than a block takes to erase
#define TRIES 100000000u
// the same command to both chips
#define BOTH(command) ((command) * 0x10001u)
#define ERASE BOTH(0x20u)
#define CONFIRM BOTH(0xd0u)
#define FILL_BUFFER BOTH(0xe8u)
#define CLEAR_STATUS BOTH(0x50u)
#define READ_ARRAY BOTH(0xffu)
#define READY BOTH(0x80u)

static void wait(uint32_t address) {
  for (uint32_t tries = TRIES; tries && (REGISTER(address) & READY) != READY; tries--) {
  }
}

static void finish(uint32_t address) {
  wait(address);
  REGISTER(address) = CLEAR_STATUS;
  REGISTER(address) = READ_ARRAY;
  BARRIER();
}

void w2c_board_erase(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  for (uint32_t end = address + bytes; address < end; address += ERASE_BYTES) {
    REGISTER(address) = ERASE;
    REGISTER(address) = CONFIRM;
    finish(address);
  }
}

// Within one buffer.
static void fill(uint32_t address, const uint32_t *from, uint32_t words) {
  const uint32_t first = address;
  REGISTER(first) = FILL_BUFFER;
  wait(first);
  REGISTER(first) = BOTH(words - 1);
  for (; words; words--, address += PROGRAM_BYTES) REGISTER(address) = *from++;
  REGISTER(first) = CONFIRM;
  finish(first);
}

void w2c_board_program(struct w2c_board *board, u32 address, u32 source, u32 bytes) {
  (void)board;
  for (const uint32_t end = address + bytes; address < end;) {
    const uint32_t buffer_end = (address | (BUFFER_BYTES - 1)) + 1;
    const uint32_t here = (end < buffer_end ? end : buffer_end) - address;
    fill(address, (const uint32_t *)source, here / PROGRAM_BYTES);
    address += here;
    source += here;
  }
}

const char *board_facts(struct facts *facts) {
  facts->slot_a = SLOT_A;
  facts->slot_b = SLOT_B;
  facts->slot_bytes = SLOT_BYTES;
  facts->erase_bytes = ERASE_BYTES;
  facts->program_bytes = PROGRAM_BYTES;
  facts->clock_hz = 1000000000u; // QEMU gives each instruction a nanosecond
  facts->seed = noise();
  facts->line_hz = LINE_HZ;
  facts->line_least = LINE_LEAST;
  return "riscv32-qemu";
}
