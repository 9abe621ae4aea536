// What runs is looked at while it runs. Before every use of a policy: that it is laid out as it was (its bones: header, descriptors, bounds, runs of rows), so
// that no flipped bit lets an inference read or write where it must not. A share of its file at each `poll`: every byte of it, of an
// envelope too, within 2^SCRUB_SHIFT milliseconds. Before an action leaves: that it lies within a second copy of the bounds, in RAM. Where the module is not SCRUBBED nothing is looked at.
import { copy } from '../bytes'
import { workBytes } from '../golden'
import {
  ACTIONS,
  BOUNDS,
  DESCRIPTOR,
  HEADER,
  LAYERS,
  OBSERVATIONS,
  OUTSIDE,
  RUNS_AT,
  SCALES_AT,
  VALUES_AT,
} from '../layout'
import { act, millis } from './board'
import { SCRUB_SHIFT, SCRUB_WORDS, SLOT_FILE_BYTES, SLOT_HEADER, STAT_SCRUBS } from './protocol'
import { fileAt } from './slot'
import {
  BONES,
  BONES_SUM,
  FILE_BYTES,
  FILE_SUM,
  RUNNING,
  RUNNING_CORE,
  RUNS_SUM,
  SCRUB_AT,
  SCRUB_LAST,
  SCRUB_SUM,
  SECOND,
  SECOND_ACTIONS,
  SECOND_SUM,
  WORK,
  count,
  keep,
  state,
} from './state'

/** The sum over the words of [from, end), carried on from `sum`. Each step is a permutation of the sum, so that one word that changed always shows. */
function sumWords(from: usize, end: usize, sum: u32): u32 {
  for (; from < end; from += 4) sum = rotl<u32>(sum ^ load<u32>(from), 5) * 0x9e3779b1
  return sum
}

/** Bytes of a core from its start to the end of its bounds. */
function bonesOf(core: usize): u32 {
  const ofObservations = load<u8>(core, OUTSIDE) ? (<u32>load<u16>(core, OBSERVATIONS)) << 3 : 0
  return load<u32>(core, BOUNDS) + 12 * <u32>load<u16>(core, ACTIONS) + ofObservations
}

/** Of the slot's header and the core's first BONES bytes. */
function bonesSum(core: usize): u32 {
  const slot: usize = load<u32>(state, RUNNING)
  return sumWords(core, core + load<u32>(state, BONES), sumWords(slot, slot + SLOT_HEADER, 0))
}

/** Of the runs of rows of every grouped layer, whose bones are sound. */
function runsSum(core: usize): u32 {
  let sum: u32 = 0
  const end = core + HEADER + <usize>load<u16>(core, LAYERS) * DESCRIPTOR
  for (let d = core + HEADER; d < end; d += DESCRIPTOR) {
    const runs = load<u32>(d, RUNS_AT)
    const scales = load<u32>(d, SCALES_AT)
    if (runs) sum = sumWords(core + runs, core + (scales ? scales : load<u32>(d, VALUES_AT)), sum)
  }
  return sum
}

/** Bytes of work memory that hold the second copy of a core's bounds and failsafe: behind what the core itself works in. */
export function secondBytes(core: usize): u32 {
  return SCRUBBED ? 12 * <u32>load<u16>(core, ACTIONS) : 0
}

/** Makes the second copy of the bounds, whose place a self-test works in. */
export function copyBounds(): void {
  if (!SCRUBBED) return
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (core) copy(load<u32>(state, SECOND), core + load<u32>(core, BOUNDS), secondBytes(core))
}

/** A policy that has just passed its self-test begins to run: what it looks like from now on. */
export function remember(slot: usize, core: usize): void {
  keep(RUNNING, <u32>slot)
  keep(RUNNING_CORE, <u32>core)
  if (!SCRUBBED) return
  keep(BONES, bonesOf(core))
  keep(BONES_SUM, bonesSum(core))
  keep(RUNS_SUM, runsSum(core))
  // whole words: behind the last byte is what filled its program unit
  const bytes = (load<u32>(slot, SLOT_FILE_BYTES) + 3) & ~3
  const file = slot + fileAt()
  keep(FILE_BYTES, bytes)
  keep(FILE_SUM, sumWords(file, file + bytes, 0))
  keep(SECOND, <u32>(state + WORK + workBytes(core)))
  keep(SECOND_ACTIONS, load<u16>(core, ACTIONS))
  copyBounds()
  keep(SECOND_SUM, secondSum())
  store<u32>(state, 0, SCRUB_AT)
  store<u32>(state, 0, SCRUB_SUM)
}

function secondSum(): u32 {
  const from: usize = load<u32>(state, SECOND)
  return sumWords(from, from + 12 * <usize>load<u32>(state, SECOND_ACTIONS), 0)
}

/** Whether the running policy is laid out as it was, so that it may be run. */
export function sound(): bool {
  if (!SCRUBBED) return true
  const core: usize = load<u32>(state, RUNNING_CORE)
  return bonesSum(core) == load<u32>(state, BONES_SUM) && runsSum(core) == load<u32>(state, RUNS_SUM)
}

/** Where an action lies in the second copy of its bounds: 0 within, 1 with a number on one of them, 2 with one outside. */
export function placed(action: usize): u32 {
  const core: usize = load<u32>(state, RUNNING_CORE)
  const bytes = (<usize>(SCRUBBED ? load<u32>(state, SECOND_ACTIONS) : load<u16>(core, ACTIONS))) << 2
  const low: usize = SCRUBBED ? load<u32>(state, SECOND) : core + load<u32>(core, BOUNDS)
  let place: u32 = 0
  for (let k: usize = 0; k < bytes; k += 4) {
    const value = load<f32>(action + k)
    const lowest = load<f32>(low + k)
    const highest = load<f32>(low + bytes + k)
    if (SCRUBBED && !(value >= lowest && value <= highest)) return 2
    if (value == lowest || value == highest) place = 1
  }
  return place
}

/** Puts the failsafe out, of whichever copy is whole. */
export function actFailsafe(): void {
  const core: usize = load<u32>(state, RUNNING_CORE)
  if (!SCRUBBED) {
    const actions = load<u16>(core, ACTIONS)
    act(core + load<u32>(core, BOUNDS) + ((<usize>actions) << 3), actions)
    return
  }
  const actions = load<u32>(state, SECOND_ACTIONS)
  let low: usize = load<u32>(state, SECOND)
  if (secondSum() != load<u32>(state, SECOND_SUM) && sound()) low = core + load<u32>(core, BOUNDS)
  act(low + ((<usize>actions) << 3), actions)
}

/** Adds a share of the running policy's file to the sum. False: all of it was added, and something is not as it was. */
export function scrub(): bool {
  const file: usize = load<u32>(state, RUNNING) + fileAt()
  const bytes = load<u32>(state, FILE_BYTES)
  const now = millis()
  const took = now - load<u32>(state, SCRUB_LAST)
  store<u32>(state, now, SCRUB_LAST)
  const at = load<u32>(state, SCRUB_AT)
  // a place that cannot be: it was altered
  if (at > bytes || at & 3) return false
  let end = at + (SCRUB_WORDS << 2)
  if (took >> SCRUB_SHIFT) end = bytes
  else end += ((bytes >>> (SCRUB_SHIFT + 2)) + 1) * (took << 2)
  if (end > bytes) end = bytes
  const sum = sumWords(file + at, file + end, load<u32>(state, SCRUB_SUM))
  if (end < bytes) {
    store<u32>(state, end, SCRUB_AT)
    store<u32>(state, sum, SCRUB_SUM)
    return true
  }
  store<u32>(state, 0, SCRUB_AT)
  store<u32>(state, 0, SCRUB_SUM)
  count(STAT_SCRUBS)
  return sum == load<u32>(state, FILE_SUM) && secondSum() == load<u32>(state, SECOND_SUM) && sound()
}
