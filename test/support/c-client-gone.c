/* Asks a board again and again until its line is gone, through bpd_client.h: 0 where the client then says that the board is silent. On stdout comes whether
 * the line holds pieces of a frame back. */
#define _DEFAULT_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "bpd_posix.h"

static struct bpd_client board;

int main(int words, char **word) {
  int port = words > 1 ? bpd_posix_open(word[1]) : -1;
  const struct bpd_line line = {bpd_posix_send, bpd_posix_receive, bpd_posix_millis, &port};
  struct bpd_stats stats;
  int done = bpd_connect(&board, &line, bpd_posix_random());
  if (done != BPD_DONE) return 1;
  int at_once = 0;
  socklen_t bytes = sizeof at_once;
  getsockopt(port, IPPROTO_TCP, TCP_NODELAY, &at_once, &bytes);
  puts(at_once ? "connected" : "connected, and waits");
  fflush(stdout);
  board.timeout = 20;
  board.patience = 500;
  while (done == BPD_DONE) done = bpd_stats_of(&board, &stats);
  close(port);
  return done == BPD_SILENT ? 0 : 1;
}
