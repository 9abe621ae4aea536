// Runs a policy's self-test on a chip, counts each golden observation's inference and the stack that the deepest took, and says so as one
// line of JSON. With -DEMPTY the same without a policy: what a program has anyway.
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#include "chip.h"
#include "goldens.h"
#include HEADER

static void text(const char *line) {
  while (*line) chip_write(*line++);
}

static void number(uint32_t value) {
  char digits[11];
  char *at = digits + 10;
  for (*at = 0; *--at = (char)('0' + value % 10), value /= 10;) {
  }
  text(at);
}

static float observation[OBSERVATIONS], action[ACTIONS];

#ifdef EMPTY
static void run(void) { action[0] = observation[0]; }
#else
static void run(void) { STEP(observation, action); }
#endif

#define PAINT 0xa5

__attribute__((noinline)) static void paint(volatile uint8_t *from) {
  for (int i = STACK_OWN; i < STACK_PAINTED; i++) from[-i] = PAINT;
}

__attribute__((noinline)) static uint32_t painted_over(volatile uint8_t *from) {
  int i = STACK_PAINTED - 1;
  while (i >= STACK_OWN && from[-i] == PAINT) i--;
  return (uint32_t)i;
}

int main(void) {
  chip_start();
#if !defined(EMPTY) && !defined(PLAIN)
  text("{\"selfTest\": ");
  const int result = SELF_TEST();
  if (result < 0) text("-");
  number((uint32_t)(result < 0 ? -result : result));
  text(", ");
#else
  text("{");
#endif
  uint32_t stack = 0;
  text("\"counts\": [");
  for (int i = 0; i < GOLDENS; i++) {
    for (int k = 0; k < OBSERVATIONS; k++) observation[k] = GOLDEN(i, k);
    volatile uint8_t *const here = chip_stack();
    paint(here);
    run();
    const uint32_t used = painted_over(here);
    if (used > stack) stack = used;
    const uint32_t before = chip_count();
    for (int k = 0; k < REPEATS; k++) run();
    const uint32_t after = chip_count();
    if (i) text(", ");
    number(after - before);
  }
  text("], \"stack\": ");
  number(stack);
  text("}\n");
  chip_end();
  for (;;) {
  }
}
