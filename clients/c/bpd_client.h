/*
 * Speaks to a board with bpd firmware: installs a policy, lets it act, watches over it. C99 or C++11, no heap, no library but <string.h>, and
 * bpd_tag.h beside it; for a microcontroller that has the board at a UART, or for Linux (example.c). Written from
 * firmware-bridge/PROTOCOL.md alone, whose words it uses. Every function is static: include it where it is used.
 *
 *     static struct bpd_client board;
 *     struct bpd_line line = {send, receive, millis, 0};
 *     if (bpd_connect(&board, &line, random()) == BPD_DONE && bpd_install(&board, policy, sizeof policy, 1) == BPD_DONE)
 *       bpd_step(&board, observation, action, 0);
 *
 * Whatever the line loses, alters, repeats or holds back: an action is the board's answer to this observation, or an error is returned.
 * A client belongs to one thread, takes 1,300 bytes or so, and waits in `receive` alone.
 */
#ifndef BPD_CLIENT_H_
#define BPD_CLIENT_H_

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

static inline uint16_t bpd_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
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

/* -- the line ---------------------------------------------------------------------------------------------------------------------- */

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
  memcpy(frame + 4 + payload, seal.bytes, seal.count);
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

/* Whether an answer may still come: not where the board has started anew, or another host has spoken. */
static inline int bpd_still_there(struct bpd_client *client) {
  if (bpd_ask_hello(client, client->timeout) != 128 || client->in[4] != BPD_PROTOCOL) return 1;
  const uint8_t *at = client->in + 4;
  uint8_t own[BPD_KEY_BYTES];
  if (!bpd_trusted(client, own)) return 1;
  const uint32_t epoch = bpd_u32(at + 100);
  if (bpd_u32(at + 96) != client->session) return 0;
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
      if (guarded && !bpd_still_there(client)) return BPD_SILENT;
      continue;
    }
    const uint8_t status = client->in[1];
    if (answer != 4 + (status ? 4 : expected) + seal.count) return BPD_NONSENSE;
    if (status) client->detail = bpd_u32(client->in + 4);
    return status;
  }
}

/* -- what a board can be asked ----------------------------------------------------------------------------------------------------- */

static inline int bpd_within(uint32_t value, uint32_t low, uint32_t high) { return value >= low && value <= high; }

/* What the board is and runs, asked anew, to client->info. */
static inline int bpd_hello(struct bpd_client *client) {
  const uint32_t answer = bpd_ask_hello(client, client->patience);
  const uint8_t *at = client->in + 4;
  struct bpd_info *info = &client->info;
  if (answer == 0) return BPD_SILENT;
  if (client->in[1] || answer != 8 + 120 || at[0] != BPD_PROTOCOL) return BPD_NONSENSE;
  uint8_t own[BPD_KEY_BYTES] = {0};
  if (!bpd_trusted(client, own)) return BPD_OTHER_KEY;
  memcpy(client->session_key, own, sizeof own);
  const uint32_t session = bpd_u32(at + 96), epoch = bpd_u32(at + 100);
  const uint16_t counted = bpd_u16(at + 104);
  const int ahead = session == client->session && (client->epoch > epoch || (client->epoch == epoch && client->counted > counted));
  if (!ahead) client->session = session, client->epoch = epoch, client->counted = counted;
  info->keyed = (at[106] & 2) != 0, info->scrubbed = at[107];
  info->fault = at[108];
  info->format = at[1], info->slot = at[2], info->confirmed = at[3];
  info->max_payload = bpd_u16(at + 4), info->observations = bpd_u16(at + 6), info->actions = bpd_u16(at + 8), info->goldens = bpd_u16(at + 10);
  info->generation = bpd_u32(at + 12), info->policy_bytes = bpd_u32(at + 16), info->policy_crc = bpd_u32(at + 20), info->contract = bpd_u32(at + 24);
  info->period_us = bpd_u32(at + 28), info->file_bytes = bpd_u32(at + 32), info->erase_bytes = bpd_u32(at + 36), info->program_bytes = bpd_u32(at + 40);
  info->clock_hz = bpd_u32(at + 44), info->static_bytes = bpd_u32(at + 48), info->image_bytes = bpd_u32(at + 52), info->stack_bytes = bpd_u32(at + 56);
  info->stack_used = bpd_u32(at + 60), info->work_bytes = bpd_u32(at + 64), info->uptime_ms = bpd_u32(at + 68), info->firmware = bpd_u32(at + 88);
  memcpy(info->name, at + 72, 16);
  info->name[16] = 0;
  for (uint32_t i = 0; i < 16; i++) {
    if (info->name[i] && (info->name[i] < 32 || info->name[i] > 126)) return BPD_NONSENSE;
  }
  if (!bpd_within(info->max_payload, 8, BPD_MAX_PAYLOAD) || !bpd_within(info->program_bytes, 1, 512) || info->clock_hz == 0) return BPD_NONSENSE;
  if (info->slot == 255) return BPD_DONE;
  const int runs = info->slot < 2 && bpd_within(info->observations, 1, 129) && bpd_within(info->actions, 1, 128) && info->goldens && info->period_us;
  return runs ? BPD_DONE : BPD_NONSENSE;
}

/*
 * random: another number for each session, of whatever the machine has; so no request of a session before this one is the same. key: of a board that was
 * paired, 32 bytes that stay where they are; 0: none
 */
static inline int bpd_connect_keyed(struct bpd_client *client, const struct bpd_line *line, uint32_t random, const uint8_t *key) {
  memset(client, 0, sizeof *client);
  client->line = *line;
  client->timeout = 1000;
  client->patience = 12000;
  client->long_patience = 180000;
  client->sequence = (uint16_t)(random ^ random >> 16);
  client->nonce = random;
  client->key = key;
  return bpd_hello(client);
}

static inline int bpd_connect(struct bpd_client *client, const struct bpd_line *line, uint32_t random) { return bpd_connect_keyed(client, line, random, 0); }

/* Steps are made under the contract of this .bpd file (runtime-as/format/SPEC.md) from now on; its bytes must stay where they are. */
static inline int bpd_expect(struct bpd_client *client, const uint8_t *policy, uint32_t bytes) {
  static const uint8_t magic[12] = {0x84, 0xa3, 'b', 'p', 'd', 1, 0xa4, 'c', 'o', 'r', 'e', 0xc6};
  /* of a signed policy what is in its envelope; the board verifies it */
  if (bytes > 96 && memcmp(policy, "bpds", 4) == 0) policy += 32, bytes -= 96;
  if (bytes < 64 || memcmp(policy, magic, sizeof magic) != 0) return BPD_ARGUMENT;
  const uint8_t *core = policy + 16;
  const uint32_t actions = bpd_u16(core + 12), bounds = bpd_u32(core + 28);
  const uint8_t *crc = policy + bytes - 4;
  const uint32_t said = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
  if (said != bpd_crc32(0, policy, bytes - 4) || bounds > bytes - 16 || 8 * actions > bytes - 16 - bounds) return BPD_ARGUMENT;
  client->observations = bpd_u16(core + 10);
  client->actions = (uint16_t)actions;
  client->contract = bpd_u32(core + 24);
  client->bounds = core + bounds;
  return BPD_DONE;
}

static inline int bpd_begin(struct bpd_client *client, uint32_t bytes, uint32_t crc, uint32_t patience, uint32_t *stands) {
  bpd_put32(client->out + 4, bytes);
  bpd_put32(client->out + 8, crc);
  const int asked = bpd_ask(client, 2, 1, 8, patience, 0, 4);
  if (asked != BPD_DONE) return asked;
  *stands = bpd_u32(client->in + 4);
  return *stands <= bytes ? BPD_DONE : BPD_NONSENSE;
}

/* BEGIN, DATA in order, COMMIT. Chunks get shorter on a line that spoils long frames. */
static inline int bpd_upload(struct bpd_client *client, const uint8_t *policy, uint32_t bytes, uint32_t crc) {
  const uint32_t unit = client->info.program_bytes, most = client->info.max_payload - 4u;
  const uint32_t largest = (most < 512 ? most : 512) / unit * unit;
  const uint32_t least = (32 + unit - 1) / unit * unit, smallest = least < largest ? least : largest;
  uint32_t chunk = largest, sent = 0;
  if (largest == 0) return BPD_NONSENSE;
  int asked = bpd_begin(client, bytes, crc, client->long_patience, &sent);
  while (asked == BPD_DONE && sent < bytes) {
    const uint32_t part = bytes - sent < chunk ? bytes - sent : chunk, retries = client->retries;
    const uint32_t half = chunk / 2 / unit * unit, shorter = half > smallest ? half : smallest;
    const uint32_t tried = 8 * client->timeout < client->patience / 2 ? 8 * client->timeout : client->patience / 2;
    bpd_put32(client->out + 4, sent);
    memcpy(client->out + 8, policy + sent, part);
    asked = bpd_ask(client, 3, 1, 4 + part, chunk == smallest ? client->patience : tried, 0, 4);
    if (asked == BPD_SILENT && chunk > smallest) {
      uint32_t stands = 0;
      chunk = shorter;
      asked = bpd_begin(client, bytes, crc, client->patience, &stands);
      if (asked == BPD_DONE && stands < sent) return BPD_SILENT;
      sent = stands;
    } else if (asked == BPD_DONE) {
      const uint32_t written = bpd_u32(client->in + 4);
      if (written < sent + part || written > bytes) return BPD_NONSENSE;
      sent = written;
      chunk = client->retries > retries ? shorter : 2 * chunk < largest ? 2 * chunk : largest;
    }
  }
  return asked == BPD_DONE ? bpd_ask(client, 4, 1, 0, client->long_patience, 0, 0) : asked;
}

/* Ends the trial of the policy with this CRC-32: it stays. */
static inline int bpd_confirm(struct bpd_client *client, uint32_t crc) {
  bpd_put32(client->out + 4, crc);
  return bpd_ask(client, 9, 1, 4, client->patience, 0, 0);
}

static inline int bpd_runs(const struct bpd_client *client, uint32_t bytes, uint32_t crc) {
  return client->info.slot < 2 && client->info.policy_bytes == bytes && client->info.policy_crc == crc;
}

/*
 * Sends a .bpd file to the slot that does not run. The board tests it there, golden vectors included, and switches only if every bit is
 * right; otherwise, and whenever line or power fail before, the old policy runs on. stays 0: it is on trial until `bpd_confirm`.
 */
static inline int bpd_install(struct bpd_client *client, const uint8_t *policy, uint32_t bytes, int stays) {
  int done = bpd_expect(client, policy, bytes);
  if (done != BPD_DONE) return done;
  if (bytes > client->info.file_bytes) return BPD_ARGUMENT;
  const uint32_t crc = bpd_crc32(0, policy, bytes), before = client->info.generation;
  for (int attempt = 0; attempt < 5; attempt++) {
    done = bpd_upload(client, policy, bytes, crc);
    if (done == BPD_DONE && stays) done = bpd_confirm(client, crc);
    if (done == BPD_DONE) break;
    /* lost, by the line or by the board: not refused */
    if (done != BPD_SILENT && !bpd_within((uint32_t)done, 4, 4) && !bpd_within((uint32_t)done, 6, 9) && done != 15) return done;
    const int again = bpd_hello(client);
    if (again != BPD_DONE) return again;
    if (client->info.generation != before && bpd_runs(client, bytes, crc) && (client->info.confirmed || !stays)) break;
  }
  const int told = bpd_hello(client);
  if (told != BPD_DONE) return told;
  return bpd_runs(client, bytes, crc) ? BPD_DONE : done != BPD_DONE ? done : BPD_SILENT;
}

/*
 * One inference on the board. observation: f32[observations] in the units and the order of the contract; action: f32[actions], written
 * where BPD_DONE is returned and nowhere else; cycles: of the inference by the board's counter, may be 0
 */
static inline int bpd_step(struct bpd_client *client, const float *observation, float *action, uint32_t *cycles) {
  if (client->bounds == 0) return BPD_ARGUMENT;
  const uint32_t observations = client->observations, actions = client->actions;
  if (client->info.slot == 255 || client->info.contract != client->contract) return BPD_CONTRACT;
  if (observations > 129 || actions > 128) return BPD_ARGUMENT;
  int asked = BPD_SILENT;
  for (int round = 0; round < 2 && asked == BPD_SILENT; round++) {
    /* an inference leaves nothing behind: after a reset in between it may simply be asked for again */
    if (round && (asked = bpd_hello(client)) != BPD_DONE) return asked;
    if (client->info.slot == 255 || client->info.contract != client->contract) return BPD_CONTRACT;
    for (uint32_t i = 0; i < observations; i++) {
      uint32_t bits;
      memcpy(&bits, observation + i, sizeof bits);
      bpd_put32(client->out + 4 + 4 * i, bits);
    }
    asked = bpd_ask(client, 5, 1, 4 * observations, client->patience, client->contract, 4 + 4 * actions);
  }
  if (asked != BPD_DONE) return asked;
  const uint8_t *answer = client->in + 4;
  for (uint32_t i = 0; i < actions; i++) {
    const float value = bpd_f32(answer + 4 + 4 * i);
    if (!(value >= bpd_f32(client->bounds + 4 * i) && value <= bpd_f32(client->bounds + 4 * (actions + i)))) return BPD_NONSENSE;
  }
  for (uint32_t i = 0; i < actions; i++) action[i] = bpd_f32(answer + 4 + 4 * i);
  if (cycles) *cycles = bpd_u32(answer);
  return BPD_DONE;
}

/* The board puts its failsafe out when no valid observation came for more than so many control periods; 0: never. hold: the last action stands instead. */
static inline int bpd_watch(struct bpd_client *client, uint8_t periods, int hold) {
  client->out[4] = periods;
  client->out[5] = (uint8_t)(hold != 0);
  return bpd_ask(client, 10, 1, 2, client->patience, 0, 0);
}

static inline int bpd_stats_of(struct bpd_client *client, struct bpd_stats *stats) {
  const int asked = bpd_ask(client, 7, 0, 0, client->patience, 0, 72);
  if (asked != BPD_DONE) return asked;
  uint32_t counted[18];
  for (uint32_t i = 0; i < 18; i++) counted[i] = bpd_u32(client->in + 4 + 4 * i);
  memcpy(stats, counted, sizeof *stats);
  return BPD_DONE;
}

/* Gives the board this key, 32 bytes that stay where they are; 0: none from now on. It goes over the line as it is: pair where nobody listens. */
static inline int bpd_pair(struct bpd_client *client, const uint8_t *key) {
  if (key) memcpy(client->out + 4, key, BPD_KEY_BYTES);
  else memset(client->out + 4, 0, BPD_KEY_BYTES);
  const int asked = bpd_ask(client, 12, 1, BPD_KEY_BYTES, client->long_patience, 0, 0);
  /* it may have begun its session under the new key before its answer came */
  if (asked != BPD_DONE && asked != BPD_SILENT) return asked;
  client->key = key;
  const int told = bpd_hello(client);
  return told == BPD_DONE && key == 0 && client->info.keyed ? BPD_OTHER_KEY : told;
}

/* Restarts the board and waits until it answers again. */
static inline int bpd_reset(struct bpd_client *client) {
  const int asked = bpd_ask(client, 8, 1, 0, client->timeout, 0, 0);
  return asked == BPD_DONE || asked == BPD_SILENT ? bpd_hello(client) : asked;
}

#ifdef __cplusplus
}
#endif

#endif
