/** What a step and its answer are held to: the contract that the host expects of the board. */
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { contractHash } from '../../runtime-as/format/contract.ts'
import type { Contract } from '../../runtime-as/format/network.ts'
import type { RunningPolicy } from './info.ts'

/** What of a contract an answer is held to; bounds of actions as the kernel sees them, in f32. */
export interface Expected {
  hash: number
  observations: number
  low: number[]
  high: number[]
}

export function expectedOf(contract: Contract): Expected {
  const rounded = (bounds: number[]) => bounds.map(Math.fround)
  return {
    hash: contractHash(contract),
    observations: contract.observation.names.length,
    low: rounded(contract.action.low),
    high: rounded(contract.action.high),
  }
}

/**
 * The contract, where a step can be made under it. Throws InputError where the board runs another one or sizes differ, FailedError where the board
 * contradicts it.
 */
export function requireStep(
  port: string,
  policy: RunningPolicy,
  contract: Expected | undefined,
  [observations, actions]: readonly [number, number],
): Expected {
  if (contract === undefined || contract.hash !== policy.contractHash) {
    const expected = contract === undefined ? 'no contract' : `contract ${hex(contract.hash)}`
    throw new InputError(`${port}: ${expected} expected, the board runs ${hex(policy.contractHash)}`)
  }
  if (contract.observations !== policy.observations || contract.low.length !== policy.actions) {
    const said = `${policy.observations} observations and ${policy.actions} actions`
    throw new FailedError(
      `${port}: HELLO says ${said}, expected ${contract.observations} and ${contract.low.length} as in the contract`,
    )
  }
  if (observations !== policy.observations || actions !== policy.actions) {
    const given = `${observations} observations and ${actions} actions`
    throw new InputError(`${port}: ${given}, expected ${policy.observations} and ${policy.actions} as in the policy`)
  }
  return contract
}

/** Writes the action of an answer to STEP and gives its cycles. Throws FailedError where the contract does not allow it; then nothing is written. */
export function readStep(port: string, { low, high }: Expected, answer: Uint8Array, action: Float32Array): number {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length)
  for (let i = 0; i < action.length; i++) {
    const value = view.getFloat32(4 + 4 * i, true)
    if (!(value >= low[i] && value <= high[i]))
      throw new FailedError(`${port}: action ${i} is ${value}, expected ${low[i]}..${high[i]} as in the contract`)
  }
  for (let i = 0; i < action.length; i++) action[i] = view.getFloat32(4 + 4 * i, true)
  return view.getUint32(0, true)
}

const hex = (hash: number): string => hash.toString(16).padStart(8, '0')
