// A file arrives: BEGIN, DATA in order, COMMIT. Each may be repeated at will; until COMMIT says OK the old policy runs.
import { fill, same } from '../bytes'
import { crc32 } from '../crc'
import { erase, millis, program } from './board'
import { newEnough } from './lock'
import {
  BAD_FILE_CRC,
  BAD_FLASH,
  BAD_LENGTH,
  BAD_OFFSET,
  DIFFERENT,
  INCOMPLETE,
  MAX_CHUNK,
  NO_UPLOAD,
  OK,
  SLOT_FILE_CRC,
  TOO_LARGE,
  TOO_SOON,
  UNCONFIRMED,
  UPLOADS_BEGUN,
  UPLOAD_MILLIS,
} from './protocol'
import { capacity, confirmed, fileAt } from './slot'
import { activate, revert, selfTest, spare, whole } from './slots'
import {
  RUNNING,
  SPENT,
  SPENT_AT,
  TRIAL,
  UPLOAD_BYTES,
  UPLOAD_CRC,
  UPLOAD_ERASED,
  UPLOAD_WRITTEN,
  keep,
  refuse,
  state,
  table,
} from './state'
import { ERASE_BYTES, PROGRAM_BYTES } from './table'

/** Erases the spare slot up to `end` bytes, block by block from its header on. */
function eraseTo(end: u32): void {
  const block = load<u32>(table, ERASE_BYTES)
  for (let at = load<u32>(state, UPLOAD_ERASED); at < end; at += block) {
    erase(spare() + at, block)
    keep(UPLOAD_ERASED, at + block)
  }
}

/** Another upload is begun, or a key written, which erases. 0, or the milliseconds until it may be. */
export function spend(): u32 {
  const now = millis()
  let spent = load<u32>(state, SPENT)
  const back = (now - load<u32>(state, SPENT_AT)) / UPLOAD_MILLIS
  if (back >= spent) {
    spent = 0
    keep(SPENT_AT, now)
  } else {
    spent -= back
    keep(SPENT_AT, load<u32>(state, SPENT_AT) + back * UPLOAD_MILLIS)
  }
  const most = spent >= <u32>UPLOADS_BEGUN
  keep(SPENT, most ? spent : spent + 1)
  return most ? UPLOAD_MILLIS - (now - load<u32>(state, SPENT_AT)) : 0
}

/** payload: bytes of the file u32, its CRC-32 u32. The same again goes on where the upload stands. */
export function begin(payload: usize, length: u32): u32 {
  if (length != 8) return refuse(BAD_LENGTH, 8)
  const bytes = load<u32>(payload)
  const crc = load<u32>(payload, 4)
  if (bytes == 0) return refuse(BAD_LENGTH, 0)
  if (bytes > capacity()) return refuse(TOO_LARGE, capacity())
  if (bytes == load<u32>(state, UPLOAD_BYTES) && crc == load<u32>(state, UPLOAD_CRC)) return OK
  const running: usize = load<u32>(state, RUNNING)
  const onTrial = load<u32>(state, TRIAL) != 0
  if (running && !onTrial && !confirmed(running) && whole(spare())) {
    return refuse(UNCONFIRMED, load<u32>(running, SLOT_FILE_CRC))
  }
  const wait = spend()
  if (wait) return refuse(TOO_SOON, wait)
  // a policy on trial goes: the spare slot must not be the last good one
  revert()
  keep(UPLOAD_BYTES, bytes)
  keep(UPLOAD_CRC, crc)
  keep(UPLOAD_WRITTEN, 0)
  keep(UPLOAD_ERASED, 0)
  eraseTo(fileAt())
  return OK
}

/** payload: offset u32, then 1 to 512 bytes: whole program units but for the file's end. Pads the chunk in place. */
export function data(payload: usize, length: u32): u32 {
  const bytes = load<u32>(state, UPLOAD_BYTES)
  const written = load<u32>(state, UPLOAD_WRITTEN)
  if (bytes == 0) return refuse(NO_UPLOAD, 0)
  if (length < 5 || length > <u32>(4 + MAX_CHUNK)) return refuse(BAD_LENGTH, 0)
  const offset = load<u32>(payload)
  const chunk = payload + 4
  const size = length - 4
  if (offset > written || size > bytes - offset) return refuse(BAD_OFFSET, written)
  const address = spare() + fileAt() + offset
  if (offset < written) {
    return size <= written - offset && same(address, chunk, size) ? OK : refuse(DIFFERENT, offset)
  }
  const unit = load<u32>(table, PROGRAM_BYTES)
  const padded = (size + unit - 1) & ~(unit - 1)
  if (padded > <u32>MAX_CHUNK || (padded != size && offset + size != bytes)) return refuse(BAD_LENGTH, 0)
  fill(chunk + size, chunk + padded, 0xff)
  eraseTo(fileAt() + offset + padded)
  program(address, chunk, padded)
  if (!same(address, chunk, padded)) {
    abandon()
    return refuse(BAD_FLASH, <u32>address)
  }
  keep(UPLOAD_WRITTEN, offset + size)
  return OK
}

function abandon(): void {
  keep(UPLOAD_BYTES, 0)
}

/** Tests the file where it will run, then switches to it. A file that fails is given up. */
export function commit(length: u32): u32 {
  const bytes = load<u32>(state, UPLOAD_BYTES)
  const written = load<u32>(state, UPLOAD_WRITTEN)
  if (length != 0) return refuse(BAD_LENGTH, 0)
  if (bytes == 0) return refuse(NO_UPLOAD, 0)
  if (written != bytes) return refuse(INCOMPLETE, written)
  const file = spare() + fileAt()
  const crc = crc32(file, bytes)
  abandon()
  if (crc != load<u32>(state, UPLOAD_CRC)) return refuse(BAD_FILE_CRC, crc)
  let status = selfTest(file, bytes)
  if (SIGNED && status == OK) status = newEnough(file)
  return status == OK ? activate(bytes, crc) : status
}
