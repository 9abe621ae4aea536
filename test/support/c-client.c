/* Drives a board through bpd_client.h: --key and 64 hexadecimal digits if it has one, the port, then files of a policy and its observations (f32) in turns.
 * Actions go to stdout as f32. */
#define _DEFAULT_SOURCE
#include "bpd_posix.h"

static struct bpd_client board;

static uint8_t key[32];

static int fail(const char *what, int done) {
  fprintf(stderr, "%s: %d, detail %u\n", what, done, (unsigned)board.detail);
  return 1;
}

int main(int words, char **word) {
  const int keyed = words > 2 && strcmp(word[1], "--key") == 0;
  for (int i = 0; keyed && i < 32; i++) {
    unsigned byte = 0;
    if (sscanf(word[2] + 2 * i, "%2x", &byte) != 1) return fail("key", 0);
    key[i] = (uint8_t)byte;
  }
  if (keyed) words -= 2, word += 2;
  int port = words > 1 ? bpd_posix_open(word[1]) : -1;
  const struct bpd_line line = {bpd_posix_send, bpd_posix_receive, bpd_posix_millis, &port};
  if (port < 0) return fail("port", 0);
  int done = BPD_SILENT;
  while (done == BPD_SILENT) done = bpd_connect_keyed(&board, &line, bpd_posix_random(), keyed ? key : 0);
  board.timeout = 60;
  board.patience = board.long_patience = 60000;
  for (int i = 2; i + 1 < words && done == BPD_DONE; i += 2) {
    uint32_t bytes = 0, numbers = 0;
    uint8_t *policy = bpd_posix_file(word[i], &bytes), *observations = bpd_posix_file(word[i + 1], &numbers);
    if (policy == 0 || observations == 0) return fail("file", 0);
    done = bpd_install(&board, policy, bytes, 1);
    for (uint32_t at = 0; at < numbers && done == BPD_DONE; at += 4u * board.observations) {
      float observation[129], action[128];
      memcpy(observation, observations + at, 4u * board.observations);
      done = bpd_step(&board, observation, action, 0);
      if (done == BPD_DONE) fwrite(action, 4, board.actions, stdout);
    }
    free(policy);
    free(observations);
  }
  struct bpd_stats stats;
  if (done == BPD_DONE) done = bpd_stats_of(&board, &stats);
  if (done != BPD_DONE) return fail("board", done);
  if (board.info.fault || board.info.scrubbed != 1) return fail("what the board says of itself", board.info.fault);
  fprintf(stderr, "{\"steps\": %u, \"bad_crc\": %u, \"dropped\": %u, \"host_bad\": %u, \"host_retries\": %u}\n", (unsigned)stats.steps,
          (unsigned)stats.bad_crc, (unsigned)stats.dropped, (unsigned)board.bad, (unsigned)board.retries);
  close(port);
  return 0;
}
