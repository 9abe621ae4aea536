/* Installs one policy, is refused others, and steps on with the first, through bpd_client.h: PORT, its file, files to be refused. */
#define _DEFAULT_SOURCE
#include "bpd_posix.h"

static struct bpd_client board;

int main(int words, char **word) {
  int port = words > 2 ? bpd_posix_open(word[1]) : -1;
  const struct bpd_line line = {bpd_posix_send, bpd_posix_receive, bpd_posix_millis, &port};
  uint32_t bytes = 0;
  uint8_t *first = bpd_posix_file(word[2], &bytes);
  int done = bpd_connect(&board, &line, bpd_posix_random());
  if (done == BPD_DONE) done = bpd_install(&board, first, bytes, 1);
  if (done != BPD_DONE) return fprintf(stderr, "the first: %d\n", done), 1;
  for (int i = 3; i < words; i++) {
    uint8_t *other = bpd_posix_file(word[i], &bytes);
    const int refused = bpd_install(&board, other, bytes, 1);
    /* what was refused may go at once */
    free(other);
    float observation[129] = {0}, action[128];
    done = bpd_step(&board, observation, action, 0);
    printf("%d %d\n", refused, done);
  }
  free(first);
  close(port);
  return 0;
}
