/*
 * The line to a board: its frames, sealed and taken apart, and one request that is sent again until its answer comes (firmware-bridge/PROTOCOL.md).
 * For bpd_client.h, which includes it.
 */
#ifndef BPD_LINE_H_
#define BPD_LINE_H_

#include <stdint.h>
#include <string.h>

#include "bpd_tag.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BPD_PROTOCOL 6u
#define BPD_BAUD 115200u
#define BPD_MAX_PAYLOAD 516u
#define BPD_MAX_FRAME 528u

/* What a function returns: BPD_DONE, why not, or a status above 0 with which the board refused (PROTOCOL.md, "Status"). */
enum {
  BPD_DONE = 0,
  BPD_SILENT = -1,    /* nothing intelligible came back in time */
  BPD_NONSENSE = -2,  /* the board said what cannot be, or speaks another protocol */
  BPD_ARGUMENT = -3,  /* no .bpd file, one that is too large, or no policy expected yet */
  BPD_CONTRACT = -4,  /* the board does not run the contract that is expected */
  BPD_KEYED = -5,     /* the board has a key, which this client was not given */
  BPD_OTHER_KEY = -6, /* the board does not prove that it has this client's key: it has another one, or none */
  BPD_NO_POLICY = 3,
  BPD_WRONG_GOLDEN = 13,
  BPD_FAILSAFE = 16   /* no valid observation came in time; `detail` more must come in time: go on stepping */
};

/* The line. Each gets `context`. */
struct bpd_line {
  /* all bytes, or as many as the line takes: what is lost is sent again */
  void (*send)(void *context, const uint8_t *bytes, uint32_t count);
  /* up to `most` bytes that have come, at least one unless `milliseconds` have passed; returns how many */
  uint32_t (*receive)(void *context, uint8_t *bytes, uint32_t most, uint32_t milliseconds);
  /* since any time; wraps at 32 bits */
  uint32_t (*millis)(void *context);
  void *context;
};

/* What a board says of itself. The policy's fields are 0 where none runs. */
struct bpd_info {
  char name[17];
  uint8_t format, slot, confirmed, keyed; /* slot 255: no policy; keyed: it takes no request that moves or changes something without a tag */
  uint8_t scrubbed, fault; /* it looks at what it runs while it runs; the last fault that it found in itself since start, 0: none */
  uint16_t max_payload, observations, actions, goldens;
  uint32_t generation, policy_bytes, policy_crc, contract, period_us, file_bytes, erase_bytes, program_bytes, clock_hz;
  uint32_t static_bytes, image_bytes, stack_bytes, stack_used, work_bytes, uptime_ms, firmware;
};

/* Counted by the board since its start, in the order of PROTOCOL.md. */
struct bpd_stats {
  uint32_t frames, bad_crc, dropped, overruns, repeats, steps, bad_observations, reverts, failsafes, bounded, fast_windows, slow_windows;
  uint32_t window_ms, clamped_observations, stale, scrubs, faults, mended;
};

struct bpd_client {
  struct bpd_line line;
  struct bpd_info info;
  /* milliseconds: until a request is sent again the first time; until the board counts as silent; the same where it has much to do */
  uint32_t timeout, patience, long_patience;
  /* what belongs to the status that the board refused with last */
  uint32_t detail;
  /* counted by this end since it connected */
  uint32_t requests, retries, bad;
  /* what is expected of the board, of `bpd_expect`: sizes, contract, and the .bpd file's bounds of actions, which must stay where they are */
  uint16_t observations, actions;
  uint32_t contract;
  const uint8_t *bounds;
  /* the request on its way, and the frame that comes */
  uint8_t out[BPD_MAX_FRAME], in[BPD_MAX_FRAME];
  uint32_t in_bytes, nonce;
  /* of HELLO: what its answers are told by, for a start of the board and this end */
  uint16_t sequence;
  /* of requests that change or move something: the board's session, and how far they have counted in it */
  uint32_t session, epoch;
  uint16_t counted;
  /* the board's, 32 bytes that stay where they are, 0: none; and the session's own */
  const uint8_t *key;
  uint8_t session_key[BPD_KEY_BYTES];
  uint8_t escaped, broken;
};

static inline uint16_t bpd_u16(const uint8_t *at) { return (uint16_t)(at[0] | (unsigned)at[1] << 8); }
static inline uint32_t bpd_u32(const uint8_t *at) { return bpd_u16(at) | (uint32_t)bpd_u16(at + 2) << 16; }

static inline void bpd_put32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

/* Goes on from an earlier `crc`, 0 at first. Bit by bit: 8 rounds a byte, no table. */
static inline uint32_t bpd_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count) {
  crc = ~crc;
  while (count--) {
    crc ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static inline float bpd_f32(const uint8_t *at) {
  const uint32_t bits = bpd_u32(at);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline void bpd_send_frame(struct bpd_client *client, const uint8_t *frame, uint32_t bytes) {
  const struct bpd_line *line = &client->line;
  static const uint8_t end[1] = {0xc0}, escaped_end[2] = {0xdb, 0xdc}, escaped_escape[2] = {0xdb, 0xdd};
  uint32_t from = 0;
  line->send(line->context, end, 1);
  for (uint32_t at = 0; at < bytes; at++) {
    const uint8_t byte = frame[at];
    if (byte != 0xc0 && byte != 0xdb) continue;
    if (at > from) line->send(line->context, frame + from, at - from);
    line->send(line->context, byte == 0xc0 ? escaped_end : escaped_escape, 2);
    from = at + 1;
  }
  line->send(line->context, frame + from, bytes - from);
  line->send(line->context, end, 1);
}

/* Takes a byte of the line; the bytes of the frame that it ends, 0: none yet, or a spoilt one. */
static inline uint32_t bpd_take(struct bpd_client *client, uint8_t byte) {
  if (byte == 0xc0) {
    const uint32_t bytes = client->in_bytes;
    const int spoilt = client->broken || client->escaped;
    client->in_bytes = 0;
    client->escaped = client->broken = 0;
    if (spoilt) client->bad++;
    return spoilt ? 0 : bytes;
  }
  if (client->escaped) {
    client->escaped = 0;
    if (byte != 0xdc && byte != 0xdd) client->broken = 1;
    byte = byte == 0xdc ? 0xc0 : 0xdb;
  } else if (byte == 0xdb) {
    client->escaped = 1;
    return 0;
  }
  if (client->in_bytes == BPD_MAX_FRAME) client->broken = 1;
  else client->in[client->in_bytes++] = byte;
  return 0;
}

/* What a frame ends in: a CRC-32, or with a key a tag. */
struct bpd_seal {
  uint8_t bytes[BPD_TAG_BYTES];
  uint32_t count;
};

static inline int bpd_answers(struct bpd_client *client, uint32_t bytes, const uint8_t *request, const struct bpd_seal *with) {
  const uint8_t *in = client->in;
  if (bytes < 4 + with->count || bpd_u16(in + 2) != bpd_u16(request + 2)) return 0;
  if (with->count == BPD_TAG_BYTES) {
    uint8_t tag[BPD_TAG_BYTES];
    bpd_tag(tag, client->session_key, in, with->bytes, in + 4, bytes - 4 - BPD_TAG_BYTES);
    return bpd_same_tag(tag, in + bytes - BPD_TAG_BYTES) && in[0] == (request[0] | 0x80);
  }
  const uint32_t seal = bpd_u32(with->bytes);
  const uint32_t crc = bpd_crc32(0, in, bytes - 4), field = bpd_u32(in + bytes - 4);
  /* older firmware seals answers with nothing: its HELLO is heard, to say so */
  const int older = in[0] == 0x81 && bytes > 8 && crc == field && in[4] < BPD_PROTOCOL;
  return (((crc ^ seal) == field) || older) && in[0] == (request[0] | 0x80);
}

/* Waits for the answer; its bytes, 0: not in time. */
static inline uint32_t bpd_wait(struct bpd_client *client, const uint8_t *request, const struct bpd_seal *seal, uint32_t milliseconds) {
  const struct bpd_line *line = &client->line;
  const uint32_t began = line->millis(line->context);
  for (;;) {
    const uint32_t waited = line->millis(line->context) - began;
    if (waited >= milliseconds) return 0;
    uint8_t come[64];
    const uint32_t count = line->receive(line->context, come, sizeof come, milliseconds - waited);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count && i < sizeof come && !found; i++) {
      const uint32_t bytes = bpd_take(client, come[i]);
      if (bytes == 0) continue;
      /* what is behind an answer is no answer to anything */
      if (bpd_answers(client, bytes, request, seal)) found = bytes;
      else client->bad++;
    }
    if (found) return found;
  }
}

/* Makes a frame of the payload that stands at frame + 4. key: of the session, 0: none; extra: epoch and contract, of what is no guarded request 0 and 0 */
static inline struct bpd_seal bpd_sealed(uint8_t *frame, uint8_t type, uint16_t sequence, uint32_t payload, const uint8_t *key, uint32_t mix, const uint32_t *extra) {
  struct bpd_seal seal = {{0}, 4};
  frame[0] = type;
  frame[1] = 0;
  frame[2] = (uint8_t)sequence;
  frame[3] = (uint8_t)(sequence >> 8);
  if (key) {
    uint8_t unsent[8];
    bpd_put32(unsent, extra[0]);
    bpd_put32(unsent + 4, extra[1]);
    bpd_tag(seal.bytes, key, frame, unsent, frame + 4, payload);
    seal.count = BPD_TAG_BYTES;
  } else bpd_put32(seal.bytes, bpd_crc32(0, frame, 4 + payload) ^ mix ^ extra[0] ^ extra[1]);
  memcpy(frame + 4 + payload, seal.bytes, (size_t)seal.count);
  return seal;
}

/* Sends a frame again and again until its answer comes; its bytes, 0: none within `patience`. tries 0: any number. */
static inline uint32_t bpd_exchange(struct bpd_client *client, const uint8_t *frame, uint32_t bytes, const struct bpd_seal *seal, uint32_t patience,
                                    uint32_t tries) {
  const uint32_t began = client->line.millis(client->line.context);
  client->requests++;
  for (uint32_t wait = client->timeout, tried = 0; tries == 0 || tried < tries; tried++) {
    const uint32_t waited = client->line.millis(client->line.context) - began;
    if (waited >= patience) return 0;
    if (tried) client->retries++;
    bpd_send_frame(client, frame, bytes);
    const uint32_t answer = bpd_wait(client, frame, seal, wait < patience - waited ? wait : patience - waited);
    if (answer) return answer;
    wait = wait + wait / 2 < 2 * client->timeout ? wait + wait / 2 : 2 * client->timeout;
  }
  return 0;
}

/* HELLO, without touching the request in client->out; bytes of its answer, 0: none. */
static inline uint32_t bpd_ask_hello(struct bpd_client *client, uint32_t patience) {
  uint8_t frame[12];
  bpd_put32(frame + 4, client->nonce = client->nonce * 1664525u + 1013904223u);
  static const uint32_t nothing[2] = {0, 0};
  const struct bpd_seal seal = bpd_sealed(frame, 1, ++client->sequence, 4, 0, 0, nothing);
  return bpd_exchange(client, frame, sizeof frame, &seal, patience, 0);
}

/* Whether the answer to HELLO in client->in comes from who has this client's key; without one, all do. own: gets the session's key */
static inline int bpd_trusted(const struct bpd_client *client, uint8_t *own) {
  const uint8_t *in = client->in, *at = in + 4;
  uint8_t tag[BPD_TAG_BYTES], asked[8] = {0};
  /* bit 4: its flash counts no more starts, and no session begins */
  if (client->key == 0) return 1;
  if ((bpd_u16(at + 106) & 6) != 2) return 0;
  bpd_session_key(own, client->key, at + 92);
  bpd_put32(asked, client->nonce);
  bpd_tag(tag, own, in, asked, at, 112);
  return bpd_same_tag(tag, at + 112);
}

/* Whether an answer may still come: not where the board has started anew, runs another contract than a STEP is made under, or another host has spoken. */
static inline int bpd_still_there(struct bpd_client *client, uint32_t contract) {
  if (bpd_ask_hello(client, client->timeout) != 128 || client->in[4] != BPD_PROTOCOL) return 1;
  const uint8_t *at = client->in + 4;
  uint8_t own[BPD_KEY_BYTES];
  if (!bpd_trusted(client, own)) return 1;
  const uint32_t epoch = bpd_u32(at + 100);
  if (bpd_u32(at + 96) != client->session) return 0;
  if (contract && bpd_u32(at + 24) != contract) return 0;
  return epoch < client->epoch || (epoch == client->epoch && bpd_u16(at + 104) <= client->counted);
}

/*
 * One request, sent again until its answer comes: the board answers a repeated one from memory. The payload stands in client->out + 4 already.
 * guarded: it changes or moves something, and counts up in the session; contract: of a STEP; expected: bytes of the answer's payload, which is in
 * client->in + 4 afterwards
 */
static inline int bpd_ask(struct bpd_client *client, uint8_t type, int guarded, uint32_t payload, uint32_t patience, uint32_t contract, uint32_t expected) {
  const uint32_t began = client->line.millis(client->line.context);
  if (guarded && client->info.keyed && client->key == 0) return BPD_KEYED;
  if (guarded && ++client->counted == 0) client->epoch++;
  const uint16_t sequence = guarded ? client->counted : ++client->sequence;
  const uint32_t extra[2] = {guarded ? client->epoch : 0, contract};
  const uint8_t *key = guarded && client->key ? client->session_key : 0;
  const struct bpd_seal seal = bpd_sealed(client->out, type, sequence, payload, key, guarded ? client->session : 0, extra);
  for (;;) {
    const uint32_t waited = client->line.millis(client->line.context) - began;
    if (waited >= patience) return BPD_SILENT;
    const uint32_t answer = bpd_exchange(client, client->out, 4 + payload + seal.count, &seal, patience - waited, guarded ? 2 : 0);
    if (answer == 0) {
      if (guarded && !bpd_still_there(client, contract)) return BPD_SILENT;
      continue;
    }
    const uint8_t status = client->in[1];
    if (answer != 4 + (status ? 4 : expected) + seal.count) return BPD_NONSENSE;
    if (status) client->detail = bpd_u32(client->in + 4);
    return status;
  }
}

#ifdef __cplusplus
}
#endif

#endif
