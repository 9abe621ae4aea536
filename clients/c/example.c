/*
 * A control loop at the policy's own rate, the policy on the board.
 *
 *     cc -O2 -o example example.c -lm && ./example /dev/ttyUSB0 student.bpd
 * Without a board: `npx bpd emulate`, and the port that it prints.
 */
#define _DEFAULT_SOURCE
#include <math.h>

#include "bpd_posix.h"

static struct bpd_client board;

/* Until bpd_posix_micros() reaches `tick`; 0: it has passed already. */
static int until(uint64_t tick) {
  const uint64_t now = bpd_posix_micros();
  if (tick <= now) return 0;
  const struct timespec left = {(time_t)((tick - now) / 1000000u), (long)((tick - now) % 1000000u * 1000u)};
  nanosleep(&left, 0);
  return 1;
}

/* A robot that only sways: yours reads its sensors here, in the units and the order of the contract, and drives its motors. */
static void sense(uint32_t millis, float *observation, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) observation[i] = (float)sin(millis / 1000.0 + i);
}

int main(int words, char **word) {
  uint32_t bytes = 0;
  if (words < 3) return fprintf(stderr, "usage: example PORT POLICY [STEPS]\n"), 2;
  long steps = 200;
  if (words > 3) {
    char *end;
    steps = strtol(word[3], &end, 10);
    if (steps < 1 || *end) return fprintf(stderr, "%s: expected a number of steps, 1 or more\n", word[3]), 2;
  }
  uint8_t *policy = bpd_posix_file(word[2], &bytes);
  int port = bpd_posix_open(word[1]);
  if (policy == 0 || port < 0) return fprintf(stderr, "%s: cannot be opened\n", policy ? word[1] : word[2]), 2;
  const struct bpd_line line = {bpd_posix_send, bpd_posix_receive, bpd_posix_millis, &port};

  int done = bpd_connect(&board, &line, bpd_posix_random());
  if (done == BPD_DONE) done = bpd_install(&board, policy, bytes, 1);
  /* should this program die, the board puts the contract's failsafe action out by itself */
  if (done == BPD_DONE) done = bpd_watch(&board, 5, 0);
  float observation[129], action[128] = {0};
  uint32_t late = 0, failsafes = 0, cycles = 0;
  uint64_t tick = bpd_posix_micros();
  for (long step = 0; step < steps && (done == BPD_DONE || done == BPD_FAILSAFE); step++) {
    sense(bpd_posix_millis(0), observation, board.observations);
    done = bpd_step(&board, observation, action, &cycles);
    if (done == BPD_FAILSAFE) failsafes++; /* the board acts by itself; it takes three observations in time to come back */
    tick += board.info.period_us;
    if (!until(tick)) late++, tick = bpd_posix_micros(); /* what was late is not made up for by haste */
  }
  if (done != BPD_DONE && done != BPD_FAILSAFE) return fprintf(stderr, "the board: %d, detail %u (above 0: PROTOCOL.md, \"Status\"; below: bpd_line.h)\n", done, (unsigned)board.detail), 1;
  bpd_watch(&board, 0, 0);
  printf("%ld steps on %s: %u late, %u in failsafe, %u requests sent again, last action %g in %u cycles\n", steps, board.info.name, (unsigned)late,
         (unsigned)failsafes, (unsigned)board.retries, (double)action[0], (unsigned)cycles);
  free(policy);
  close(port);
  return 0;
}
