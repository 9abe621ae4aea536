/*
 * Tags of a board with a key: BLAKE2s of RFC 7693 with a key and a digest of 32 bytes, of which a tag is the first 8 (firmware-bridge/PROTOCOL.md, "Keys").
 * For bpd_line.h, which includes it.
 */
#ifndef BPD_TAG_H_
#define BPD_TAG_H_

#include <stdint.h>
#include <string.h>

#define BPD_KEY_BYTES 32u
#define BPD_TAG_BYTES 8u

struct bpd_blake2s {
  uint32_t h[8];
  uint8_t block[64];
  /* bytes in the block, and in all before it and in it */
  uint32_t filled, counted;
};

static inline uint32_t bpd_rotated(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static inline void bpd_mix(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t x, uint32_t y) {
  *a += *b + x, *d = bpd_rotated(*d ^ *a, 16), *c += *d, *b = bpd_rotated(*b ^ *c, 12);
  *a += *b + y, *d = bpd_rotated(*d ^ *a, 8), *c += *d, *b = bpd_rotated(*b ^ *c, 7);
}

static const uint32_t bpd_blake2s_iv[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};

static inline void bpd_compress(struct bpd_blake2s *hash, int last) {
  static const uint8_t order[10][16] = {
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
  uint32_t v[16], m[16];
  for (int i = 0; i < 8; i++) v[i] = hash->h[i], v[8 + i] = bpd_blake2s_iv[i];
  for (int i = 0; i < 16; i++) {
    const uint8_t *at = hash->block + 4 * i;
    m[i] = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
  }
  v[12] ^= hash->counted;
  if (last) v[14] = ~v[14];
  for (int round = 0; round < 10; round++) {
    const uint8_t *s = order[round];
    /* columns, then diagonals */
    for (int i = 0; i < 8; i++) {
      const int turn = i / 4, k = i % 4;
      bpd_mix(v + k, v + 4 + (k + turn) % 4, v + 8 + (k + 2 * turn) % 4, v + 12 + (k + 3 * turn) % 4, m[s[2 * i]], m[s[2 * i + 1]]);
    }
  }
  for (int i = 0; i < 8; i++) hash->h[i] ^= v[i] ^ v[8 + i];
}

static inline void bpd_blake2s_add(struct bpd_blake2s *hash, const uint8_t *bytes, uint32_t count) {
  for (; count; count--) {
    /* the last block is another one's: it is full only when more comes */
    if (hash->filled == 64) bpd_compress(hash, 0), hash->filled = 0;
    hash->block[hash->filled++] = *bytes++;
    hash->counted++;
  }
}

/* The key is the first block. */
static inline void bpd_blake2s_begin(struct bpd_blake2s *hash, const uint8_t *key) {
  static const uint8_t zeros[32] = {0};
  memcpy(hash->h, bpd_blake2s_iv, sizeof hash->h);
  hash->h[0] ^= 0x01012020u;
  hash->filled = hash->counted = 0;
  bpd_blake2s_add(hash, key, BPD_KEY_BYTES);
  bpd_blake2s_add(hash, zeros, sizeof zeros);
}

/* bytes: at most 32 of the digest */
static inline void bpd_blake2s_end(struct bpd_blake2s *hash, uint8_t *digest, uint32_t bytes) {
  memset(hash->block + hash->filled, 0, (size_t)(64 - hash->filled));
  bpd_compress(hash, 1);
  for (uint32_t i = 0; i < bytes; i++) digest[i] = (uint8_t)(hash->h[i / 4] >> 8 * (i % 4));
}

/* head: 4 bytes of a frame; extra: 8 bytes that are not sent, of a request epoch and contract, of an answer the request's tag */
static inline void bpd_tag(uint8_t *tag, const uint8_t *key, const uint8_t *head, const uint8_t *extra, const uint8_t *payload, uint32_t count) {
  struct bpd_blake2s hash;
  bpd_blake2s_begin(&hash, key);
  bpd_blake2s_add(&hash, head, 4);
  bpd_blake2s_add(&hash, extra, BPD_TAG_BYTES);
  bpd_blake2s_add(&hash, payload, count);
  bpd_blake2s_end(&hash, tag, BPD_TAG_BYTES);
}

/* As long for those that differ as for those that do not. */
static inline int bpd_same_tag(const uint8_t *a, const uint8_t *b) {
  uint8_t differs = 0;
  for (uint32_t i = 0; i < BPD_TAG_BYTES; i++) differs = (uint8_t)(differs | (a[i] ^ b[i]));
  return differs == 0;
}

/* The key of a session. nonce: starts and session, 8 bytes as HELLO has them */
static inline void bpd_session_key(uint8_t *own, const uint8_t *key, const uint8_t *nonce) {
  static const uint8_t magic[4] = {'b', 'p', 'd', '6'};
  struct bpd_blake2s hash;
  bpd_blake2s_begin(&hash, key);
  bpd_blake2s_add(&hash, magic, sizeof magic);
  bpd_blake2s_add(&hash, nonce, 8);
  bpd_blake2s_end(&hash, own, BPD_KEY_BYTES);
}

#endif
