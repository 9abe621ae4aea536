// Two slots of flash, one policy each. A slot: its header, in program units of its own and programmed after the file; a mark, in one more,
// programmed when the policy is confirmed; the file. A power cut at any moment leaves header and mark absent or whole, so what runs is the
// old policy or the new one.
import { fill } from '../bytes'
import { crc32 } from '../crc'
import { ENVELOPE_FILE_BYTES } from '../envelope'
import { goldenMismatch, workBytes } from '../golden'
import { ACTIONS, CORE, OBSERVATIONS } from '../layout'
import { validate } from '../validate'
import { millis, program } from './board'
import { admitted, countable, keepCounterOf, policyAt } from './lock'
import { measureLog } from './log'
import {
  BAD_FLASH,
  BAD_LENGTH,
  FAULT_START,
  INVALID,
  MAX_PAYLOAD,
  NO_MEMORY,
  NO_POLICY,
  NO_VAULT,
  OK,
  OTHER_POLICY,
  SLOT_CRC,
  SLOT_FILE_BYTES,
  SLOT_FILE_CRC,
  SLOT_GENERATION,
  SLOT_HEADER,
  SLOT_MAGIC,
  SLOT_MAGIC_VALUE,
  STAT_REVERTS,
  TOO_WIDE,
  TRIAL_MILLIS,
  TRIAL_STEPS,
  WRONG_GOLDEN,
} from './protocol'
import { copyBounds, remember, secondBytes } from './scrub'
import { confirmed, fileAt, generation, markAt, unitFrom } from './slot'
import {
  FAULT,
  FRAME,
  LOGGED,
  PACE_COUNT,
  RUNNING,
  SPENT,
  TRIAL,
  TRIAL_BEGAN,
  WORK,
  count,
  keep,
  refuse,
  state,
  table,
  workMemory,
} from './state'
import { SLOT_A, SLOT_B } from './table'

/** Whether this board can run the file and gets the same bits as the golden vectors in it: OK or the check that failed. */
export function selfTest(file: usize, bytes: u32): u32 {
  let policy = file
  if (SIGNED) {
    const status = admitted(file, bytes)
    if (status != OK) return status
    policy = policyAt(file)
    if (policy != file) bytes = load<u32>(file, ENVELOPE_FILE_BYTES)
  }
  const code = validate(policy, bytes)
  if (code) return refuse(INVALID, code)
  const core = policy + CORE
  // an observation must fit a request; an action and the cycles it took, an answer
  if (load<u16>(core, OBSERVATIONS) > <u16>(MAX_PAYLOAD / 4)) return refuse(TOO_WIDE, MAX_PAYLOAD / 4)
  if (load<u16>(core, ACTIONS) > <u16>(MAX_PAYLOAD / 4 - 1)) return refuse(TOO_WIDE, MAX_PAYLOAD / 4 - 1)
  const needed = workBytes(core) + secondBytes(core)
  keep(LOGGED, 0)
  if (needed > workMemory()) return refuse(NO_MEMORY, needed)
  const golden = goldenMismatch(core, state + WORK)
  // it worked where the running policy's bounds are kept
  copyBounds()
  return golden ? refuse(WRONG_GOLDEN, golden) : OK
}

function run(slot: usize): void {
  keep(PACE_COUNT, 0)
  const file = slot + fileAt()
  const core = (SIGNED ? policyAt(file) : file) + CORE
  remember(slot, core)
  measureLog(core)
}

function tryRun(slot: usize): bool {
  if (!generation(slot)) return false
  if (selfTest(slot + fileAt(), load<u32>(slot, SLOT_FILE_BYTES)) != OK) {
    keep(FAULT, FAULT_START)
    return false
  }
  run(slot)
  return true
}

/** Runs the newest confirmed slot that passes its self-test, else the newest at all: a policy on trial does not outlive a reset. */
export function boot(): void {
  const a: usize = load<u32>(table, SLOT_A)
  const b: usize = load<u32>(table, SLOT_B)
  const bFirst = confirmed(a) == confirmed(b) ? <i32>(generation(b) - generation(a)) > 0 : confirmed(b)
  if (!tryRun(bFirst ? b : a)) tryRun(bFirst ? a : b)
  if (SIGNED) {
    const slot: usize = load<u32>(state, RUNNING)
    if (slot && confirmed(slot)) keepCounterOf(slot)
  }
}

/** Whether a slot holds a file as it was installed. */
export function whole(slot: usize): bool {
  return (
    generation(slot) != 0 && crc32(slot + fileAt(), load<u32>(slot, SLOT_FILE_BYTES)) == load<u32>(slot, SLOT_FILE_CRC)
  )
}

/** The slot that an upload goes to: the one that does not run. */
export function spare(): usize {
  const a = load<u32>(table, SLOT_A)
  return load<u32>(state, RUNNING) == a ? load<u32>(table, SLOT_B) : a
}

/** Ends a trial: the last good policy runs again. */
export function revert(): void {
  if (!load<u32>(state, TRIAL)) return
  keep(TRIAL, 0)
  if (tryRun(spare())) count(STAT_REVERTS)
}

/** The time of a trial is looked at. */
export function trialTime(): void {
  if (load<u32>(state, TRIAL) && millis() - load<u32>(state, TRIAL_BEGAN) >= <u32>TRIAL_MILLIS) revert()
}

/** A STEP was answered, whatever it held. Too many of them without a confirmation end the trial. */
export function trialStep(): void {
  const left = load<u32>(state, TRIAL)
  if (left == 1) revert()
  else if (left) keep(TRIAL, left - 1)
}

/** payload: CRC-32 of the running policy's file. Makes it the one that runs after a reset. */
export function confirm(payload: usize, length: u32): u32 {
  const slot: usize = load<u32>(state, RUNNING)
  if (length != 4) return refuse(BAD_LENGTH, 4)
  if (!slot) return refuse(NO_POLICY, 0)
  const crc = load<u32>(slot, SLOT_FILE_CRC)
  if (load<u32>(payload) != crc) return refuse(OTHER_POLICY, crc)
  if (SIGNED && countable(slot) != OK) return NO_VAULT
  if (!confirmed(slot)) {
    const mark = slot + markAt()
    // power may have gone while it was programmed
    if (load<u32>(mark) == 0xffffffff) {
      store<u32>(state + FRAME, load<u32>(slot, SLOT_CRC))
      programFrame(mark, 4)
    }
    if (!confirmed(slot)) return refuse(BAD_FLASH, <u32>mark)
  }
  if (SIGNED) {
    const status = keepCounterOf(slot)
    if (status != OK) return status
  }
  keep(TRIAL, 0)
  return OK
}

/** Programs the first `bytes` of FRAME, and what remains of their last program unit as erased. */
function programFrame(address: usize, bytes: u32): void {
  const units = unitFrom(bytes)
  fill(state + FRAME + bytes, state + FRAME + units, 0xff)
  program(address, state + FRAME, units)
}

/**
 * Makes the tested file in the spare slot the one that runs, on trial if there is a confirmed one to go back to. Uses FRAME as its buffer.
 */
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
  programFrame(slot, SLOT_HEADER)
  if (generation(slot) != next) return refuse(BAD_FLASH, <u32>slot)
  const last: usize = load<u32>(state, RUNNING)
  run(slot)
  keep(TRIAL, last && confirmed(last) ? TRIAL_STEPS : 0)
  keep(TRIAL_BEGAN, millis())
  // an upload that ends well is not counted
  const spent = load<u32>(state, SPENT)
  if (spent) keep(SPENT, spent - 1)
  return OK
}
