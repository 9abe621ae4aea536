/* example.c on a clock that goes on only while it waits, whatever the machine is busy with: also prints for how many microseconds it has waited. */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static uint64_t waited;

static inline int on_clock(clockid_t clock, struct timespec *now) {
  (void)clock;
  now->tv_sec = (time_t)(waited / 1000000u);
  now->tv_nsec = (long)(waited % 1000000u * 1000u);
  return 0;
}

static inline int on_sleep(const struct timespec *span, struct timespec *left) {
  (void)left;
  waited += (uint64_t)span->tv_sec * 1000000u + (uint64_t)span->tv_nsec / 1000u;
  return 0;
}

static inline int on_poll(struct pollfd *lines, nfds_t count, int milliseconds) {
  if (count) return poll(lines, count, milliseconds);
  waited += (uint64_t)milliseconds * 1000u;
  return 0;
}

#define clock_gettime on_clock
#define nanosleep on_sleep
#define poll on_poll
#define main loop
#undef _DEFAULT_SOURCE
#include "example.c"
#undef main

int main(int words, char **word) {
  const int status = loop(words, word);
  printf("waited %lu us\n", (unsigned long)waited);
  return status;
}
