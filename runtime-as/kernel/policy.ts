/** Runs a policy through the wasm kernel: the same instructions in Node, in a browser and on a board. */

import { FailedError, InputError } from '../errors.ts'
import { openPolicy } from '../format/decode.ts'
import { type Contract, observationBounds } from '../format/network.ts'
import * as layout from './assembly/layout.ts'
import { newKernel, reserve } from './kernel.ts'

/** A policy that runs. */
export interface Policy {
  readonly contract: Contract
  /**
   * One inference. Allocates nothing. Where the contract has bounds, NaN or a refused number makes the whole action the failsafe; without
   * bounds, NaN makes the failsafe wherever it reaches. Throws InputError for an array that is too short.
   *
   * @param observation shape (observations), in the contract's units and order, rounded to f32
   * @param action shape (actions), written: in the units of each action, always within [low, high]
   */
  stepInto(observation: ArrayLike<number>, action: Float32Array): void
  /**
   * The same, into an array of its own, shape (actions).
   *
   * @param observation as of `stepInto`
   */
  step(observation: ArrayLike<number>): Float32Array
  /** steps whose observation was clamped, or refused, by the contract's bounds */
  readonly outside: { clamped: number; refused: number }
  /** Recomputes every golden vector. Throws FailedError where one comes out different by a bit. */
  selfTest(): void
}

/**
 * A policy ready to run, in a memory of its own. Throws InputError for bytes that are no sound .bpd file, FailedError where its golden
 * vectors are not reproduced.
 *
 * @param bytes of the whole file; a copy is made
 * @param name what messages call the file
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { loadPolicy } from 'bpd'
 *
 * const policy = loadPolicy(readFileSync('student.bpd'))
 * const action = new Float32Array(policy.contract.action.names.length)
 * policy.stepInto([1, 0, 0], action) // writes into action, allocates nothing
 * console.log(policy.contract.action.names, [...action])
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
  const { admit, forward } = kernel
  const bounded = observationBounds(contract) !== undefined
  const failsafe = Float32Array.from(contract.action.failsafe)
  const outside = { clamped: 0, refused: 0 }

  // of a program without types neither may be there
  const refuse = (observation?: ArrayLike<number>, action?: ArrayLike<number>): never => {
    const given = `${observation?.length ?? 'no'} observations and room for ${action?.length ?? 'no'} actions`
    throw new InputError(`${name}: ${given}, expected ${observations} and ${actions} as in the contract`)
  }

  const policy: Policy = {
    contract,
    outside,
    stepInto(observation, action) {
      // observations of no length are maps or the like, and numbers of them undefined
      if (!(observation?.length >= observations && action?.length >= actions)) refuse(observation, action)
      for (let i = 0; i < observations; i++) x[i] = observation[i]
      if (bounded) {
        const found = admit(core, input)
        if (found >= layout.REFUSE) {
          outside.refused++
          for (let i = 0; i < actions; i++) action[i] = failsafe[i]
          return
        }
        outside.clamped += found
      }
      forward(core, input, output, scratch)
      for (let i = 0; i < actions; i++) action[i] = y[i]
    },
    step(observation) {
      const action = new Float32Array(actions)
      policy.stepInto(observation, action)
      return action
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
