/*
 * Speaks to a board with bpd firmware: installs a policy, lets it act, watches over it. C99 or C++11, no heap, no library but <string.h>, and
 * bpd_line.h and bpd_tag.h beside it; for a microcontroller that has the board at a UART, or for Linux (example.c). Written from
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

#include "bpd_line.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* What steps need of a .bpd file (runtime-as/format/SPEC.md): sizes, contract, and its bounds of actions, in the file's bytes. */
struct bpd_expected {
  uint16_t observations, actions;
  uint32_t contract;
  const uint8_t *bounds;
};

static inline int bpd_read(struct bpd_expected *read, const uint8_t *policy, uint32_t bytes) {
  static const uint8_t magic[12] = {0x84, 0xa3, 'b', 'p', 'd', 1, 0xa4, 'c', 'o', 'r', 'e', 0xc6};
  /* of a signed policy what is in its envelope; the board verifies it */
  if (bytes > 96 && memcmp(policy, "bpds", 4) == 0) policy += 32, bytes -= 96;
  if (bytes < 64 || memcmp(policy, magic, sizeof magic) != 0) return BPD_ARGUMENT;
  const uint8_t *core = policy + 16;
  const uint32_t actions = bpd_u16(core + 12), bounds = bpd_u32(core + 28);
  const uint8_t *crc = policy + bytes - 4;
  const uint32_t said = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
  if (said != bpd_crc32(0, policy, bytes - 4) || bounds > bytes - 16 || 8 * actions > bytes - 16 - bounds) return BPD_ARGUMENT;
  read->observations = bpd_u16(core + 10);
  read->actions = (uint16_t)actions;
  read->contract = bpd_u32(core + 24);
  read->bounds = core + bounds;
  return BPD_DONE;
}

static inline void bpd_take_up(struct bpd_client *client, const struct bpd_expected *read) {
  client->observations = read->observations;
  client->actions = read->actions;
  client->contract = read->contract;
  client->bounds = read->bounds;
}

/* Steps are made under the contract of this .bpd file from now on; its bytes must stay where they are. */
static inline int bpd_expect(struct bpd_client *client, const uint8_t *policy, uint32_t bytes) {
  struct bpd_expected read;
  const int done = bpd_read(&read, policy, bytes);
  if (done == BPD_DONE) bpd_take_up(client, &read);
  return done;
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
    memcpy(client->out + 8, policy + sent, (size_t)part);
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
 * BPD_DONE: steps are made under its contract, and its bytes must stay where they are; otherwise under the one before.
 */
static inline int bpd_install(struct bpd_client *client, const uint8_t *policy, uint32_t bytes, int stays) {
  struct bpd_expected read;
  int done = bpd_read(&read, policy, bytes);
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
  if (!bpd_runs(client, bytes, crc)) return done != BPD_DONE ? done : BPD_SILENT;
  bpd_take_up(client, &read);
  return BPD_DONE;
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
