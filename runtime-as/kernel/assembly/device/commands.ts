// Commands that change nothing in flash. Each writes its answer's payload and returns its length in bytes, or refuses.
import { copy } from '../bytes'
import { admit, failsafe } from '../bounds'
import { forward } from '../forward'
import {
  ACTIONS,
  CLAMP,
  CONTRACT_HASH,
  GOLDEN,
  GOLDENS,
  OBSERVATIONS,
  PERIOD,
  REFUSE,
  VERSION,
  WIDEST,
} from '../layout'
import { finite } from '../validate'
import { act, cycles, millis } from './board'
import { signs } from './lock'
import { record } from './log'
import { pace } from './pace'
import {
  BAD_LENGTH,
  FAILSAFE,
  FAULT_ACTION,
  INFO_ACTIONS,
  INFO_CONFIRMED,
  INFO_CONTRACT,
  INFO_ERASE_BYTES,
  INFO_FAILSAFE,
  INFO_FAULT,
  INFO_FILE_BYTES,
  INFO_FIRMWARE,
  INFO_GENERATION,
  INFO_GOLDENS,
  INFO_LINE,
  INFO_MAX_PAYLOAD,
  INFO_MILLIS,
  INFO_NAME,
  INFO_OBSERVATIONS,
  INFO_PERIOD,
  INFO_PROTOCOL,
  INFO_SCRUBBED,
  INFO_SIGNS,
  INFO_SLOT,
  INFO_STACK_USED,
  INFO_WORK_BYTES,
  LATCHED,
  MAX_PAYLOAD,
  NO_POLICY,
  OK,
  PROTOCOL,
  SLOT_GENERATION,
  STAT_BAD_OBSERVATIONS,
  STAT_BOUNDED,
  STAT_CLAMPED,
  STAT_STEPS,
} from './protocol'
import { recover } from './recover'
import { placed } from './scrub'
import { capacity, confirmed } from './slot'
import {
  FAULT,
  FIRMWARE,
  FRESH_LEFT,
  RUNNING,
  RUNNING_CORE,
  WORK,
  count,
  refuse,
  state,
  table,
  workMemory,
} from './state'
import { ERASE_BYTES, LINE_LEAST, NAME, SLOT_A, STACK, STACK_BYTES } from './table'
import { observed } from './watch'

/** The running policy's contract hash, 0: none runs. */
export function contract(): u32 {
  const core: usize = load<u32>(state, RUNNING_CORE)
  return core ? load<u32>(core, CONTRACT_HASH) : 0
}

/** Bytes of the stack that are painted no more. */
function stackUsed(): u32 {
  const stack: usize = load<u32>(table, STACK)
  const bytes = load<u32>(table, STACK_BYTES)
  if (!stack) return 0
  let untouched: u32 = 0
  while (untouched < bytes && load<u8>(stack + untouched) == 0xa5) untouched++
  return bytes - untouched
}

/** out: INFO_BYTES, zeroed */
export function hello(out: usize): void {
  // its first word: protocol, format, and 255 for no slot
  store<u32>(out, PROTOCOL | (VERSION << 8) | (255 << 16), INFO_PROTOCOL)
  store<u16>(out, MAX_PAYLOAD, INFO_MAX_PAYLOAD)
  const slot: usize = load<u32>(state, RUNNING)
  if (slot) {
    const core: usize = load<u32>(state, RUNNING_CORE)
    store<u8>(out, slot == load<u32>(table, SLOT_A) ? 0 : 1, INFO_SLOT)
    store<u8>(out, u8(confirmed(slot)), INFO_CONFIRMED)
    store<u16>(out, load<u16>(core, OBSERVATIONS), INFO_OBSERVATIONS)
    store<u16>(out, load<u16>(core, ACTIONS), INFO_ACTIONS)
    store<u16>(out, load<u16>(core, GOLDENS), INFO_GOLDENS)
    // and its file's bytes and CRC-32: a slot's header has them in the same order
    copy(out + INFO_GENERATION, slot + SLOT_GENERATION, 12)
    store<u32>(out, load<u32>(core, CONTRACT_HASH), INFO_CONTRACT)
    store<u32>(out, load<u32>(core, PERIOD), INFO_PERIOD)
  }
  store<u32>(out, capacity(), INFO_FILE_BYTES)
  // both name erase block, program unit, clock, RAM, flash and stack in this order
  copy(out + INFO_ERASE_BYTES, table + ERASE_BYTES, 24)
  store<u32>(out, stackUsed(), INFO_STACK_USED)
  store<u32>(out, workMemory(), INFO_WORK_BYTES)
  store<u32>(out, millis(), INFO_MILLIS)
  copy(out + INFO_NAME, table + NAME, 16)
  store<u32>(out, load<u32>(state, FIRMWARE), INFO_FIRMWARE)
  store<u8>(out, load<u8>(state, FAULT), INFO_FAULT)
  const left = load<u32>(state, FRESH_LEFT)
  store<u8>(out, left == LATCHED ? 2 : u8(left != 0), INFO_FAILSAFE)
  if (SCRUBBED) store<u8>(out, 1, INFO_SCRUBBED)
  if (SIGNED) store<u8>(out, <u8>signs(), INFO_SIGNS)
  if (SPEEDS) store<u8>(out, u8(load<u32>(table, LINE_LEAST) != 0), INFO_LINE)
}

/** observation: f32[observations], `length` bytes; out: cycles u32, action f32[actions] */
export function step(observation: usize, length: u32, out: usize): u32 {
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (!core) return refuse(NO_POLICY, 0)
  const expected = (<u32>load<u16>(core, OBSERVATIONS)) << 2
  if (length != expected) return refuse(BAD_LENGTH, expected)
  const outside = admit(core, observation)
  if (outside == CLAMP) count(STAT_CLAMPED)
  const valid = outside < <u32>REFUSE && finite(observation, length >>> 2)
  if (!valid) count(STAT_BAD_OBSERVATIONS)
  const status = observed(core, valid)
  if (status != OK) return status
  const before = cycles()
  if (outside < <u32>REFUSE) forward(core, observation, out + 4, state + WORK)
  else failsafe(core, out + 4)
  store<u32>(out, cycles() - before)
  const place = placed(out + 4)
  if (SCRUBBED && place > 1) {
    recover(FAULT_ACTION)
    return refuse(FAILSAFE, load<u32>(state, FRESH_LEFT))
  }
  count(STAT_STEPS)
  if (place) count(STAT_BOUNDED)
  act(out + 4, load<u16>(core, ACTIONS))
  record(core, load<u32>(observation + length), out)
  pace(core)
  return OK
}

/** payload: first u16, runs u16; out: cycles u32[runs] of inferences on the golden observations, in turn, from number `first` */
export function bench(payload: usize, length: u32, out: usize): u32 {
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (!core) return refuse(NO_POLICY, 0)
  if (length != 4) return refuse(BAD_LENGTH, 4)
  const goldens: u32 = load<u16>(core, GOLDENS)
  const runs: u32 = load<u16>(payload, 2)
  if (runs == 0 || runs > <u32>(MAX_PAYLOAD / 4)) return refuse(BAD_LENGTH, 0)
  const stride = (<usize>load<u16>(core, OBSERVATIONS) + load<u16>(core, ACTIONS)) << 2
  const action = state + WORK + ((<usize>load<u16>(core, WIDEST)) << 3)
  let index = <u32>load<u16>(payload) % goldens
  for (let i: u32 = 0; i < runs; i++) {
    const observation = core + load<u32>(core, GOLDEN) + <usize>index * stride
    const before = cycles()
    forward(core, observation, action, state + WORK)
    store<u32>(out + (i << 2), cycles() - before)
    if (++index == goldens) index = 0
  }
  return OK
}
