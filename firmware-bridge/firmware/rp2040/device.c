// The device of the wasm module, with what it must know of this board.
#include "device.h"

#include "board.h"
#include "registers.h"

// its line buffers, and two rows of activations of at most 1,258 units each
#define STATE_BYTES 12288u

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

int main(void) {
  table.state = (uint32_t)&state;
  table.state_bytes = STATE_BYTES;
  table.slot_a = SLOT_A;
  table.slot_b = SLOT_B;
  table.slot_bytes = SLOT_BYTES;
  table.erase_bytes = ERASE_BYTES;
  table.program_bytes = PROGRAM_BYTES;
  table.clock_hz = CLOCK_HZ;
  table.static_bytes = (uint32_t)bss_end - (uint32_t)data_start;
  table.image = FLASH_BASE;
  table.image_bytes = (uint32_t)image_end - FLASH_BASE;
  table.stack = (uint32_t)stack_low;
  table.stack_bytes = (uint32_t)stack_high - (uint32_t)stack_low;
  __builtin_memcpy(table.name, "pico", 5);

  wasm2c_policy_instantiate(&device, 0, 0);
  w2c_policy_start(&device, (uint32_t)&table);
  // only now may bytes come in
  REGISTER(NVIC_ICPR) = 1u << UART0_IRQ;
  REGISTER(NVIC_ISER) = 1u << UART0_IRQ;
  for (;;) {
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
  while (REGISTER(UART0_UARTFR) & (1u << 3)) {
  }
  REGISTER(PSM_WDSEL) = 0x1fffc; // all but the oscillators
  REGISTER(WATCHDOG_CTRL) = 1u << 31;
  for (;;) {
  }
}
