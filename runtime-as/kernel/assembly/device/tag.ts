// Tags of frames, under a key that each session has of its own: the first 8 bytes of a BLAKE2s over type, status and sequence, two words that
// are not sent, and the payload.
import { blakeAdd, blakeEnd, blakeKey, blakeResume } from '../blake2s'
import { wordBefore } from '../bytes'
import { PAYLOAD, SESSION_MAGIC } from './protocol'
import { HASH, SESSION, SESSION_KEY, STARTS, TAG_WORDS, keep, state } from './state'

function keepDigest(): void {
  for (let k: usize = 0; k < 32; k += 4) keep(SESSION_KEY + k, load<u32>(state + HASH + k))
}

/** The session's own key, of the board's key and the session's nonce; kept as the digest after it. key: 32 bytes */
export function deriveKey(key: usize): void {
  const hash = state + HASH
  const words = state + TAG_WORDS
  blakeKey(hash, key)
  store<u32>(words, SESSION_MAGIC)
  store<u32>(words, load<u32>(state, STARTS), 4)
  blakeAdd(hash, words, 8)
  blakeAdd(hash, state + SESSION, 4)
  blakeEnd(hash)
  keepDigest()
  blakeKey(hash, state + SESSION_KEY)
  keepDigest()
}

/** The digest of a frame of `length` bytes without its seal is where HASH begins. */
function digest(frame: usize, length: u32, first: u32, second: u32): void {
  const hash = state + HASH
  const words = state + TAG_WORDS
  store<u32>(words, first)
  store<u32>(words, second, 4)
  blakeResume(hash, state + SESSION_KEY)
  blakeAdd(hash, frame, PAYLOAD)
  blakeAdd(hash, words, 8)
  blakeAdd(hash, frame + PAYLOAD, length - PAYLOAD)
  blakeEnd(hash)
}

/** Writes the tag of a frame of `length` bytes to `out`, whatever its alignment. first, second: of a request epoch and contract, of an answer the request's tag */
export function tag(frame: usize, length: u32, first: u32, second: u32, out: usize): void {
  digest(frame, length, first, second)
  for (let k: usize = 0; k < 8; k++) store<u8>(out + k, load<u8>(state + HASH + k))
}

/** Whether the 8 bytes behind `length` are the frame's tag; how many of them are, no time tells. */
export function tagEquals(frame: usize, length: u32, first: u32, second: u32): bool {
  digest(frame, length, first, second)
  const hash = state + HASH
  const end = frame + length
  return ((load<u32>(hash) ^ wordBefore(end + 4)) | (load<u32>(hash, 4) ^ wordBefore(end + 8))) == 0
}
