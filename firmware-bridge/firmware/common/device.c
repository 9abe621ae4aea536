// The device of the wasm module, and the main loop around it.
#include "device.h"

#include "board.h"

// its line buffers, and two rows of activations of at most 1,255 units each; board.h may give another
#ifndef STATE_BYTES
#define STATE_BYTES 12288u
#endif

static struct {
  uint64_t bytes[STATE_BYTES / 8];
} state;

static struct facts facts;

w2c_policy device;

// The module imports its memory, which is all of the machine's.
wasm_rt_memory_t *w2c_env_memory(struct w2c_env *env) {
  (void)env;
  return 0;
}

#ifdef PUBLIC_KEY
// whoever has its secret signs for this firmware, and nobody else
static const uint8_t public_key[32] __attribute__((aligned(4))) = {PUBLIC_KEY};
#endif

int main(void) {
  facts.state = (uint32_t)&state;
  facts.state_bytes = STATE_BYTES;
  facts.static_bytes = (uint32_t)bss_end - (uint32_t)data_start;
  facts.image = FLASH_BASE;
  facts.image_bytes = (uint32_t)image_end - FLASH_BASE;
  facts.stack = (uint32_t)stack_low;
  facts.stack_bytes = (uint32_t)stack_high - (uint32_t)stack_low;
#ifdef PUBLIC_KEY
  facts.key = (uint32_t)public_key;
#endif
  const char *name = board_facts(&facts);
  for (uint32_t i = 0; i < sizeof facts.name && name[i]; i++) facts.name[i] = name[i];

  wasm2c_policy_instantiate(&device, 0, 0);
  w2c_policy_start(&device, (uint32_t)&facts);
  LISTEN();
  for (;;) {
    line_wait();
    w2c_policy_poll(&device);
  }
}

// Motors would be driven here: f32 actions within the contract's bounds, also the failsafe's. A board that has some brings its own.
__attribute__((weak)) void w2c_board_act(struct w2c_board *board, u32 action, u32 count) {
  (void)board;
  (void)action;
  (void)count;
}
