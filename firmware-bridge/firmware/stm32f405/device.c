// The device of the wasm module, with what it must know of this board.
#include "device.h"

#include "board.h"
#include "registers.h"

// its line buffers, and two rows of activations of at most 1,258 units each
#define STATE_BYTES 12288u
// a slot's first word, 'bslt'
#define SLOT_MAGIC 0x746c7362u

static struct {
  uint64_t bytes[STATE_BYTES / 8];
} state;

// runtime-as/kernel/assembly/device/table.ts gives the order
static struct {
  uint32_t state, state_bytes, slot_a, slot_b, slot_bytes, erase_bytes, program_bytes, clock_hz, static_bytes, image_bytes;
  uint32_t stack, stack_bytes;
  char name[16];
  uint32_t image;
} table;

w2c_policy device;

// The module imports its memory, which is all of the machine's.
wasm_rt_memory_t *w2c_env_memory(struct w2c_env *env) {
  (void)env;
  return 0;
}

static void slots(uint32_t a, uint32_t b, uint32_t bytes, uint32_t erase_bytes) {
  table.slot_a = a;
  table.slot_b = b;
  table.slot_bytes = bytes;
  table.erase_bytes = erase_bytes;
}

// On the chip the slots are in flash. QEMU's flash cannot be written: its slots are in RAM, unless QEMU was started with a policy
// already in flash, which can only be run.
static void choose_slots(void) {
  if (on_chip()) slots(SLOT_A, SLOT_B, SLOT_BYTES, ERASE_BYTES);
  else if (REGISTER(SLOT_A) == SLOT_MAGIC) slots(SLOT_A, PLACED_SPARE, PLACED_BYTES, ERASE_BYTES);
  else slots(RAM_SLOT_A, RAM_SLOT_B, RAM_SLOT_BYTES, RAM_ERASE_BYTES);
  if (on_chip()) __builtin_memcpy(table.name, "stm32f405", 10);
  else __builtin_memcpy(table.name, "stm32f405-qemu", 15);
}

int main(void) {
  table.state = (uint32_t)&state;
  table.state_bytes = STATE_BYTES;
  choose_slots();
  table.program_bytes = PROGRAM_BYTES;
  table.clock_hz = counter_hz;
  table.static_bytes = (uint32_t)bss_end - (uint32_t)data_start;
  table.image = FLASH_BASE;
  table.image_bytes = (uint32_t)image_end - FLASH_BASE;
  table.stack = (uint32_t)stack_low;
  table.stack_bytes = (uint32_t)stack_high - (uint32_t)stack_low;

  wasm2c_policy_instantiate(&device, 0, 0);
  w2c_policy_start(&device, (uint32_t)&table);
  // only now may bytes come in
  REGISTER(NVIC_ICPR1) = 1u << (USART1_IRQ - 32);
  REGISTER(NVIC_ISER1) = 1u << (USART1_IRQ - 32);
  for (;;) {
    guard_alive();
    line_wait();
    w2c_policy_poll(&device);
  }
}

// Motors would be driven here: f32 actions within the contract's bounds, also the failsafe's. This board leaves that to the host.
void w2c_board_act(struct w2c_board *board, u32 action, u32 count) {
  (void)board;
  (void)action;
  (void)count;
}

void w2c_board_reset(struct w2c_board *board) {
  (void)board;
  // let the answer leave first
  line_flush();
  BARRIER();
  REGISTER(AIRCR) = AIRCR_RESET;
  for (;;) {
  }
}
