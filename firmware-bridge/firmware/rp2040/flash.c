// Flash is erased and programmed by the boot ROM's routines. It cannot be read meanwhile, so this code runs from RAM and no interrupt
// may come.
#include "board.h"
#include "policy.h"

typedef void routine(void);
typedef void erase_routine(uint32_t offset, uint32_t bytes, uint32_t block, uint8_t command);
typedef void program_routine(uint32_t offset, const uint8_t *from, uint32_t bytes);
typedef void *lookup_routine(const uint16_t *table, uint32_t code);

#define CODE(a, b) ((a) | ((b) << 8))

// The boot ROM keeps 16-bit pointers at fixed addresses: to its table of routines, and to the routine that looks one up in it.
static uint32_t rom_word(uint32_t address) {
  uint32_t word;
  __asm__("ldrh %0, [%1]" : "=l"(word) : "l"(address));
  return word;
}

static void *rom(uint32_t code) {
  lookup_routine *lookup = (lookup_routine *)rom_word(0x18);
  return lookup((const uint16_t *)rom_word(0x14), code);
}

static struct {
  routine *connect, *leave_xip, *flush_cache, *enter_xip;
  erase_routine *erase;
  program_routine *program;
} routines;

static void look_up(void) {
  routines.connect = rom(CODE('I', 'F'));
  routines.leave_xip = rom(CODE('E', 'X'));
  routines.erase = rom(CODE('R', 'E'));
  routines.program = rom(CODE('R', 'P'));
  routines.flush_cache = rom(CODE('F', 'C'));
  routines.enter_xip = rom(CODE('C', 'X'));
}

// from: 0 to erase
IN_RAM static void write(uint32_t offset, const uint8_t *from, uint32_t bytes) {
  __asm__ volatile("cpsid i" ::: "memory");
  routines.connect();
  routines.leave_xip();
  if (from) routines.program(offset, from, bytes);
  else routines.erase(offset, bytes, 1u << 16, 0xd8); // 64 KB blocks where they fit
  routines.flush_cache();
  routines.enter_xip();
  // the ROM reads slowly; as fast as boot2 set it up again
  REGISTER(SSI_SSIENR) = 0;
  REGISTER(SSI_BAUDR) = 4;
  REGISTER(SSI_SSIENR) = 1;
  __asm__ volatile("cpsie i" ::: "memory");
}

void w2c_board_erase(struct w2c_board *board, u32 address, u32 bytes) {
  (void)board;
  look_up();
  write(address - FLASH_BASE, 0, bytes);
}

void w2c_board_program(struct w2c_board *board, u32 address, u32 source, u32 bytes) {
  (void)board;
  look_up();
  write(address - FLASH_BASE, (const uint8_t *)source, bytes);
}

const char *board_facts(struct facts *facts) {
  facts->slot_a = SLOT_A;
  facts->slot_b = SLOT_B;
  facts->slot_bytes = SLOT_BYTES;
  facts->erase_bytes = ERASE_BYTES;
#ifdef SIGNED
  facts->vault = VAULT;
  facts->vault_bytes = VAULT_BYTES;
#endif
  facts->program_bytes = PROGRAM_BYTES;
  facts->clock_hz = CLOCK_HZ;
  facts->seed = noise();
  facts->keys_a = KEYS_A;
  facts->keys_b = KEYS_B;
  facts->keys_bytes = ERASE_BYTES;
  facts->line_hz = LINE_HZ;
  facts->line_least = LINE_LEAST;
  return "pico";
}
