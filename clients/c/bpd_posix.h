/* A line for bpd_client.h on Linux and macOS: a serial port (/dev/ttyUSB0), or a TCP port (socket://127.0.0.1:5000). */
#ifndef BPD_POSIX_H_
#define BPD_POSIX_H_

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bpd_client.h"

/* to a TCP line that has closed: an error, where a signal would end the program */
#ifdef MSG_NOSIGNAL
#define BPD_POSIX_SEND_FLAGS MSG_NOSIGNAL
#else
#define BPD_POSIX_SEND_FLAGS 0 /* macOS has SO_NOSIGPIPE */
#endif

static inline void bpd_posix_send(void *context, const uint8_t *bytes, uint32_t count) {
  const int line = *(int *)context;
  while (count > 0) {
    ssize_t sent = send(line, bytes, count, BPD_POSIX_SEND_FLAGS);
    if (sent < 0 && errno == ENOTSOCK) sent = write(line, bytes, count);
    if (sent <= 0) return;
    bytes += sent;
    count -= (uint32_t)sent;
  }
}

static inline uint32_t bpd_posix_receive(void *context, uint8_t *bytes, uint32_t most, uint32_t milliseconds) {
  struct pollfd line = {*(int *)context, POLLIN, 0};
  if (poll(&line, 1, (int)milliseconds) <= 0) return 0;
  const ssize_t come = read(line.fd, bytes, most);
  if (come > 0) return (uint32_t)come;
  /* the line has closed: as slow as silence */
  poll(0, 0, (int)milliseconds);
  return 0;
}

/* since any time */
static inline uint64_t bpd_posix_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)(now.tv_nsec / 1000);
}

static inline uint32_t bpd_posix_millis(void *context) {
  (void)context;
  return (uint32_t)(bpd_posix_micros() / 1000u);
}

static inline int bpd_posix_connected(const char *address) {
  char host[256];
  const char *port = strrchr(address, ':');
  if (port == 0 || (size_t)(port - address) >= sizeof host) return -1;
  memcpy(host, address, (size_t)(port - address));
  host[port - address] = 0;
  struct addrinfo wanted, *found = 0;
  memset(&wanted, 0, sizeof wanted);
  wanted.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host, port + 1, &wanted, &found) != 0) return -1;
  int line = -1;
  for (struct addrinfo *each = found; each && line < 0; each = each->ai_next) {
    line = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
    if (line >= 0 && connect(line, each->ai_addr, each->ai_addrlen) != 0) {
      close(line);
      line = -1;
    }
  }
  freeaddrinfo(found);
  const int on = 1;
  if (line < 0) return line;
  /* a frame leaves in pieces: the second would wait for the other end to acknowledge the first, 40 ms as a rule */
  setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
  setsockopt(line, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return line;
}

/* 115200 baud, 8N1, raw. -1: errno says why not. */
static inline int bpd_posix_open(const char *name) {
  if (strncmp(name, "socket://", 9) == 0) return bpd_posix_connected(name + 9);
  const int line = open(name, O_RDWR | O_NOCTTY);
  struct termios settings;
  if (line < 0) return -1;
  if (tcgetattr(line, &settings) != 0) {
    close(line);
    return -1;
  }
  settings.c_iflag = settings.c_oflag = settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, B115200);
  cfsetospeed(&settings, B115200);
  tcsetattr(line, TCSAFLUSH, &settings);
  return line;
}

/* Of the system, for `bpd_connect`. */
static inline uint32_t bpd_posix_random(void) {
  uint32_t random = (uint32_t)getpid() * 2654435761u ^ bpd_posix_millis(0);
  const int source = open("/dev/urandom", O_RDONLY);
  if (source >= 0) {
    if (read(source, &random, sizeof random) < 0) random ^= 1;
    close(source);
  }
  return random;
}

/* A whole file, 0: it cannot be read. The caller frees it. */
static inline uint8_t *bpd_posix_file(const char *name, uint32_t *bytes) {
  FILE *file = fopen(name, "rb");
  uint8_t *whole = 0;
  long size = -1;
  if (file && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  if (size > 0 && fseek(file, 0, SEEK_SET) == 0) whole = (uint8_t *)malloc((size_t)size);
  if (whole && fread(whole, 1, (size_t)size, file) != (size_t)size) {
    free(whole);
    whole = 0;
  }
  if (file) fclose(file);
  *bytes = whole ? (uint32_t)size : 0;
  return whole;
}

#endif
