/** A policy file with its weights quantised, and what that does to its actions: where there is no task to measure a return in. */
import type { NetworkValues } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import type { Transitions } from '../data/transitions.ts'
import { type ActionError, actionError } from './action-error.ts'
import { spreadObservations } from './data.ts'
import { quantisedBytes, type Storing } from './quantise-file.ts'

/** observations that actions are compared on */
const COMPARED = 10_000

export interface QuantisedByError {
  bytes: Uint8Array
  values: NetworkValues
  bytesBefore: number
  /** of its actions against those with f32 weights, on observations spread over the data */
  error: ActionError
}

/** file: a policy with f32 weights; name: what messages call it. Same arguments, same bytes. Throws InputError. */
export function quantiseByError(
  file: Uint8Array,
  storing: Storing,
  transitions: Transitions,
  name: string,
): QuantisedByError {
  const bytes = quantisedBytes(file, storing, transitions, name)
  const observations = spreadObservations(transitions, COMPARED)
  const [before, after] = [file, bytes].map((policyBytes) => {
    const policy = loadPolicy(policyBytes, name)
    const size = policy.contract.action.names.length
    const actions = new Float32Array(observations.length * size)
    for (const [i, observation] of observations.entries())
      policy.stepInto(observation, actions.subarray(i * size, (i + 1) * size))
    return { actions, contract: policy.contract }
  })
  const error = actionError(after.actions, before.actions, before.contract.action)
  return { bytes, values: storing.values, bytesBefore: file.length, error }
}
