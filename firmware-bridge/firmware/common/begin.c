// From reset to main, of any board: what C relies on, the stack painted, and the board's own parts.
#include "board.h"

int main(void);

void begin(void) {
  const uint32_t *from = data_image;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
  // paint the stack below this function's frame: the device reports how deep it was ever used
  const uint32_t *used = __builtin_frame_address(0);
  for (uint32_t *at = stack_low; at < used - 16; at++) *(volatile uint32_t *)at = 0xa5a5a5a5;
  clock_start();
  counter_start();
  line_start();
  main();
  for (;;) {
  }
}
