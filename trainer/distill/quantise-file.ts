/** A policy file with its weights quantised, and what that does to its return. */

import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { type NetworkValues, observationBounds, valuesOf } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import type { Transitions } from '../data/transitions.ts'
import { controllerOf, evaluateInTurns, type ReturnStatistics } from '../tasks/evaluate.ts'
import type { Task } from '../tasks/task.ts'
import { spreadObservations } from './data.ts'
import { tellingObservations } from './goldens.ts'
import { within } from './observation-bounds.ts'
import { quantise } from './quantise.ts'

/** observations that scales are chosen on */
export const CALIBRATION = 512

export interface QuantisedFile {
  bytes: Uint8Array
  values: NetworkValues
  bytesBefore: number
  /** on the same reporting episodes */
  returnBefore: ReturnStatistics
  returnAfter: ReturnStatistics
}

/** How the file is to be stored. */
export interface Storing {
  values: NetworkValues
  /** false: without the options that its training had, which are a tenth of a small file and more */
  recipe?: boolean
}

/** file: a policy with f32 weights for the task; name: what messages call it. Same arguments, same bytes. */
export async function quantiseFile(
  file: Uint8Array,
  storing: Storing,
  transitions: Transitions,
  { name, seed, episodes, createTask }: { name: string; seed: number; episodes: number; createTask: () => Task },
  onEpisode?: (done: number, all: number) => void,
): Promise<QuantisedFile> {
  const bytes = quantisedBytes(file, storing, transitions, name)
  const returnOf = (policyBytes: Uint8Array, before: number) => {
    const control = controllerOf(loadPolicy(policyBytes, name))
    const reported = { seed, purpose: 'report', episodes } as const
    return evaluateInTurns(createTask(), control, reported, (done) => onEpisode?.(before + done, 2 * episodes))
  }
  return {
    bytes,
    values: storing.values,
    bytesBefore: file.length,
    returnBefore: await returnOf(file, 0),
    returnAfter: await returnOf(bytes, episodes),
  }
}

/** The file alone, with golden vectors of its own: as few as show what there is. */
export function quantisedBytes(
  file: Uint8Array,
  { values, recipe = true }: Storing,
  transitions: Transitions,
  name: string,
): Uint8Array {
  const { network, contract } = decodePolicy(file, name)
  if (valuesOf(network) !== 'f32') throw new InputError(`${name}: values ${valuesOf(network)}, expected f32`)
  const bounds = observationBounds(contract)
  // as the policy sees them
  const observations = spreadObservations(transitions, CALIBRATION).map((x) => within(x, bounds))
  const golden = tellingObservations(network, contract, observations)
  // an empty map still says that there was one
  const provenance = {
    ...contract.provenance,
    ...(!recipe && contract.provenance.recipe ? { recipe: {} } : {}),
    values,
  }
  return encodePolicy(quantise(network, values, observations), { ...contract, provenance }, golden)
}
