// The device: what the board calls. Requests and answers: firmware-bridge/PROTOCOL.md.
import { copy, fill, wordBefore } from '../bytes'
import { crc32 } from '../crc'
import { ACTIONS } from '../layout'
import { reset } from './board'
import { bench, hello, step } from './commands'
import { nextFrame, prepareMarks, put, seal, sendAnswer } from './line'
import {
  ANSWER,
  BAD_LENGTH,
  BEGIN,
  BENCH,
  COMMIT,
  CONFIRM,
  CRC_BYTES,
  DATA,
  FAILSAFE,
  FAULT_BONES,
  FAULT_FILE,
  HELLO,
  INFO_BYTES,
  LOCK,
  LOCK_BYTES,
  LOG,
  MAX_FRAME,
  NO_KEYS,
  OK,
  PAIR,
  PAYLOAD,
  RESET,
  RESULT,
  SPEED,
  STATS,
  STATS_BYTES,
  STAT_BAD_CRC,
  STAT_FRAMES,
  STAT_REPEATS,
  STAT_STALE,
  STEP,
  TAG_BYTES,
  UNKNOWN_TYPE,
  WATCH,
} from './protocol'
import { pair } from './keys'
import { lock } from './lock'
import { log } from './log'
import { recover } from './recover'
import { scrub, sound } from './scrub'
import { advance, closeSession, guarded, newer, openSession, opens, tagHello, tagged, tell } from './session'
import { boot, confirm, trialStep, trialTime } from './slots'
import { change, listen, wish } from './speed'
import {
  ANSWER_BYTES,
  ANSWER_FRAME,
  COUNTERS,
  DETAIL,
  FIRMWARE,
  FRAME,
  FRESH_LEFT,
  LAST_HEAD,
  LAST_SEAL,
  RUNNING_CORE,
  UPLOAD_WRITTEN,
  attach,
  count,
  keep,
  mend,
  refuse,
  state,
} from './state'
import { IMAGE, IMAGE_BYTES } from './table'
import { tag } from './tag'
import { begin, commit, data } from './upload'
import { openVault } from './vault'
import { look, watch } from './watch'

/** Boots the device. table: the board's facts (board.ts), 4-byte aligned; its state must be zeroed. */
export function start(table: usize): void {
  attach(table)
  keep(FIRMWARE, crc32(load<u32>(table, IMAGE), load<u32>(table, IMAGE_BYTES)))
  prepareMarks()
  if (SIGNED) openVault(table)
  if (KEYED) closeSession()
  boot()
}

/** Takes bytes from the line. Cheap; an interrupt may call it while `poll` runs. */
export function receive(bytes: usize, count: u32): void {
  put(bytes, count)
}

/** Answers every request that has arrived whole, and looks at the time and at itself. The main loop calls it, also when nothing arrived. */
export function poll(): void {
  mend()
  if (SCRUBBED && load<u32>(state, RUNNING_CORE) && !scrub()) recover(FAULT_FILE)
  trialTime()
  look()
  const frames = SPEEDS ? load<u32>(state, STAT_FRAMES) : 0
  for (let length = nextFrame(); length; length = nextFrame()) request(length)
  if (SPEEDS) listen(load<u32>(state, STAT_FRAMES) != frames)
}

/** in place of a type, which is a byte: a request that found the policy broken */
const BROKEN: u32 = 0x100

/** A frame of `length` bytes in FRAME: checks it, answers it. What is no request of this contract stays unanswered. */
function request(length: u32): void {
  const frame = state + FRAME
  const last = wordBefore(frame + length)
  const head = load<u32>(frame)
  const type = head & 0xff
  const sequence = head >>> 16
  if (type >= <u32>ANSWER || !opens(length, type, sequence)) {
    count(STAT_BAD_CRC)
    return
  }
  count(STAT_FRAMES)
  if (type == HELLO) {
    // leaves the last answer to be said again
    sendAnswer(frame, seal(frame, PAYLOAD + told(frame, head, length - PAYLOAD - CRC_BYTES), last))
    return
  }
  const withTag = tagged(type)
  // the last two words of a frame are its tag
  const before = KEYED ? wordBefore(frame + length - 4) : 0
  const sealed = load<u32>(state, ANSWER_BYTES)
  // the host did not get the answer: it gets the same again, and nothing is done twice
  if (
    sealed - 1 < <u32>MAX_FRAME &&
    head == load<u32>(state, LAST_HEAD) &&
    last == load<u32>(state, LAST_SEAL) &&
    (!KEYED || before == load<u32>(state, LAST_SEAL + 4))
  ) {
    count(STAT_REPEATS)
    sendAnswer(state + ANSWER_FRAME, sealed)
    if (SPEEDS && type == SPEED) change()
    return
  }
  if (guarded(type)) {
    if (!newer(sequence)) {
      count(STAT_STALE)
      return
    }
    advance(sequence)
  }
  // taken before the command: an interruption in it must not leave the last answer to another request
  store<u32>(state, 0, ANSWER_BYTES)
  const out = state + ANSWER_FRAME
  let bytes: u32 = PAYLOAD + answer(type, head, length - PAYLOAD - (withTag ? TAG_BYTES : CRC_BYTES))
  // sealed with its request, so that it answers no other
  if (withTag) {
    tag(out, bytes, before, last, out + bytes)
    bytes += TAG_BYTES
  } else bytes = seal(out, bytes, last)
  store<u32>(state, head, LAST_HEAD)
  store<u32>(state, last, LAST_SEAL)
  if (KEYED) store<u32>(state, before, LAST_SEAL + 4)
  store<u32>(state, bytes, ANSWER_BYTES)
  sendAnswer(out, bytes)
  if (KEYED && type == PAIR && load<u8>(out, RESULT) == OK) closeSession()
  if (type == STEP) trialStep()
  if (SPEEDS && type == SPEED) change()
  if (type == RESET && load<u8>(state + ANSWER_FRAME, RESULT) == OK) reset()
}

/** Writes the answer to a HELLO of `length` bytes over it, without CRC. Bytes of the payload. */
function told(frame: usize, head: u32, length: u32): u32 {
  const number: u32 = KEYED && length ? load<u32>(frame, PAYLOAD) : 0
  // 0 or 4
  const status: u32 = length & ~4 ? refuse(BAD_LENGTH, 0) : OK
  openSession()
  store<u32>(frame, (head & 0xffff00ff) | ANSWER | (status << 8))
  if (status != OK) {
    store<u32>(frame, 0, PAYLOAD)
    return 4
  }
  fill(frame + PAYLOAD, frame + PAYLOAD + INFO_BYTES, 0)
  tell(frame + PAYLOAD)
  hello(frame + PAYLOAD)
  tagHello(frame, number)
  return INFO_BYTES
}

/** Carries a request out and writes its answer without CRC. Bytes of the payload. */
function answer(type: u32, head: u32, length: u32): u32 {
  const payload = state + FRAME + PAYLOAD
  const out = state + ANSWER_FRAME
  let bytes: u32 = 0
  let status: u32 = OK
  const core: usize = load<u32>(state, RUNNING_CORE)
  // what follows offsets in the policy must not follow one that is not what it was
  if (SCRUBBED && (type == STEP || type == BENCH || type == LOG) && core && !sound()) {
    recover(FAULT_BONES)
    type = BROKEN
  }
  switch (type) {
    case BEGIN:
    case DATA:
      status = type == BEGIN ? begin(payload, length) : data(payload, length)
      store<u32>(out, load<u32>(state, UPLOAD_WRITTEN), PAYLOAD)
      bytes = 4
      break
    case COMMIT:
      status = commit(length)
      break
    case STEP:
      if (core) bytes = 4 + ((<u32>load<u16>(core, ACTIONS)) << 2)
      status = step(payload, length, out + PAYLOAD)
      break
    case BENCH:
      bytes = (<u32>load<u16>(payload, 2)) << 2
      status = bench(payload, length, out + PAYLOAD)
      break
    case STATS:
      copy(out + PAYLOAD, state + COUNTERS, STATS_BYTES)
      bytes = STATS_BYTES
      break
    case CONFIRM:
      status = confirm(payload, length)
      break
    case WATCH:
      status = watch(payload, length)
      break
    case LOG:
      status = log(payload, length, out + PAYLOAD)
      bytes = load<u32>(state, DETAIL)
      break
    case PAIR:
      status = KEYED ? pair(payload, length) : refuse(NO_KEYS, 0)
      break
    case RESET:
      if (length != 0) status = refuse(BAD_LENGTH, 0)
      break
    default:
      if (SIGNED && type == LOCK) {
        status = lock(payload, length, out + PAYLOAD)
        bytes = LOCK_BYTES
      } else if (SPEEDS && type == SPEED) {
        status = wish(payload, length, out + PAYLOAD)
        bytes = 4
      } else if (SCRUBBED && type == BROKEN) status = refuse(FAILSAFE, load<u32>(state, FRESH_LEFT))
      else status = refuse(UNKNOWN_TYPE, type)
  }
  if (status != OK) {
    store<u32>(out, load<u32>(state, DETAIL), PAYLOAD)
    bytes = 4
  }
  store<u32>(out, head | ANSWER)
  store<u8>(out, <u8>status, RESULT)
  return bytes
}
