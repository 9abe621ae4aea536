/** Runs a policy through the wasm kernel: the same instructions in Node, in a browser and on a board. */
import * as layout from './assembly/layout.ts'
import { openPolicy } from './decode.ts'
import { FailedError } from './errors.ts'
import { newKernel, reserve } from './kernel.ts'
import type { Contract } from './network.ts'

export interface Policy {
  readonly contract: Contract
  /**
   * One inference. observation: `contract.observation.names.length` numbers, rounded to f32; action: f32, one an action name, always within
   * [low, high]. Checks nothing and allocates nothing. NaN, or a number that is missing, makes the failsafe action wherever it reaches.
   */
  stepInto(observation: ArrayLike<number>, action: Float32Array): void
  /** Recomputes every golden vector. Throws FailedError where one comes out different by a bit. */
  selfTest(): void
}

/**
 * A policy ready to run, in a memory of its own. name: what messages call the file. Throws InputError for bytes that are no sound .bpd file,
 * FailedError where its golden vectors are not reproduced.
 */
export function loadPolicy(bytes: Uint8Array, name = 'policy'): Policy {
  const { contract, core: view } = openPolicy(bytes, name)
  const core = 0
  const kernel = newKernel(view.byteLength)
  new Uint8Array(kernel.memory.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), core)
  const scratch = core + view.byteLength
  const observations = view.getUint16(layout.OBSERVATIONS, true)
  const actions = view.getUint16(layout.ACTIONS, true)
  const input = scratch + kernel.workBytes(core)
  const output = input + 4 * observations
  reserve(kernel, output + 4 * actions)
  const x = new Float32Array(kernel.memory.buffer, input, observations)
  const y = new Float32Array(kernel.memory.buffer, output, actions)
  const { forward } = kernel

  const policy: Policy = {
    contract,
    stepInto(observation, action) {
      for (let i = 0; i < observations; i++) x[i] = observation[i]
      forward(core, input, output, scratch)
      for (let i = 0; i < actions; i++) action[i] = y[i]
    },
    selfTest() {
      const mismatch = kernel.goldenMismatch(core, scratch)
      if (mismatch > 0) {
        throw new FailedError(`${name}: golden vector ${mismatch - 1}: expected the action that the file promises`)
      }
    },
  }
  policy.selfTest()
  return policy
}
