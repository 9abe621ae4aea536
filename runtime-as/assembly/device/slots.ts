// Two slots of flash, one policy each. A slot: its header, in program units of its own and programmed last, then the file. A power cut
// at any moment leaves the header absent or whole, so the newest valid slot is the old policy or the new one.
import { crc32 } from '../crc'
import { goldenMismatch, workBytes } from '../golden'
import { ACTIONS, CORE, OBSERVATIONS } from '../layout'
import { validate } from '../validate'
import { program } from './board'
import {
  BAD_FLASH,
  INVALID,
  MAX_PAYLOAD,
  NO_MEMORY,
  OK,
  SLOT_CRC,
  SLOT_FILE_BYTES,
  SLOT_FILE_CRC,
  SLOT_GENERATION,
  SLOT_HEADER,
  SLOT_MAGIC,
  SLOT_MAGIC_VALUE,
  TOO_WIDE,
  WRONG_GOLDEN,
} from './protocol'
import { FRAME, RUNNING, RUNNING_CORE, WORK, refuse, state, table, workMemory } from './state'
import { PROGRAM_BYTES, SLOT_A, SLOT_B, SLOT_BYTES } from './table'

/** Where the file begins in a slot: 16-byte aligned, at a program unit's start. */
export function fileAt(): u32 {
  const unit = load<u32>(table, PROGRAM_BYTES)
  return unit < 32 ? 32 : unit
}

/** Bytes of the largest file that a slot holds. */
export function capacity(): u32 {
  return load<u32>(table, SLOT_BYTES) - fileAt()
}

/** The generation in a slot's header, 0: no valid header. */
function generation(slot: usize): u32 {
  if (load<u32>(slot, SLOT_MAGIC) != SLOT_MAGIC_VALUE || load<u32>(slot, SLOT_CRC) != crc32(slot, SLOT_CRC)) return 0
  return load<u32>(slot, SLOT_FILE_BYTES) <= capacity() ? load<u32>(slot, SLOT_GENERATION) : 0
}

/** Whether this board can run the file and gets the same bits as the golden vectors in it: OK or the check that failed. */
export function selfTest(file: usize, bytes: u32): u32 {
  const code = validate(file, bytes)
  if (code) return refuse(INVALID, code)
  const core = file + CORE
  // an observation must fit a request; an action and the cycles it took, an answer
  if (load<u16>(core, OBSERVATIONS) > <u16>(MAX_PAYLOAD / 4)) return refuse(TOO_WIDE, MAX_PAYLOAD / 4)
  if (load<u16>(core, ACTIONS) > <u16>(MAX_PAYLOAD / 4 - 1)) return refuse(TOO_WIDE, MAX_PAYLOAD / 4 - 1)
  const needed = workBytes(core)
  if (needed > workMemory()) return refuse(NO_MEMORY, needed)
  const golden = goldenMismatch(core, state + WORK)
  return golden ? refuse(WRONG_GOLDEN, golden) : OK
}

function run(slot: usize): void {
  store<u32>(state, slot, RUNNING)
  store<u32>(state, slot + fileAt() + CORE, RUNNING_CORE)
}

function tryRun(slot: usize): bool {
  if (!generation(slot) || selfTest(slot + fileAt(), load<u32>(slot, SLOT_FILE_BYTES)) != OK) return false
  run(slot)
  return true
}

/** Runs the newest slot that passes its self-test. */
export function boot(): void {
  const a: usize = load<u32>(table, SLOT_A)
  const b: usize = load<u32>(table, SLOT_B)
  const bNewer = <i32>(generation(b) - generation(a)) > 0
  if (!tryRun(bNewer ? b : a)) tryRun(bNewer ? a : b)
}

/** The slot that an upload goes to: the one that does not run. */
export function spare(): usize {
  const a = load<u32>(table, SLOT_A)
  return load<u32>(state, RUNNING) == a ? load<u32>(table, SLOT_B) : a
}

/** Makes the tested file in the spare slot the one that runs, now and after the next start. Uses FRAME as its buffer. */
export function activate(bytes: u32, crc: u32): u32 {
  const slot = spare()
  const a = load<u32>(table, SLOT_A)
  const next = generation(<u32>slot == a ? load<u32>(table, SLOT_B) : a) + 1
  const header = state + FRAME
  store<u32>(header, SLOT_MAGIC_VALUE, SLOT_MAGIC)
  store<u32>(header, next, SLOT_GENERATION)
  store<u32>(header, bytes, SLOT_FILE_BYTES)
  store<u32>(header, crc, SLOT_FILE_CRC)
  store<u32>(header, crc32(header, SLOT_CRC), SLOT_CRC)
  for (let k: usize = SLOT_HEADER; k < fileAt(); k++) store<u8>(header + k, 0xff)
  program(slot, header, fileAt())
  if (generation(slot) != next) return refuse(BAD_FLASH, <u32>slot)
  run(slot)
  return OK
}
