/**
 * A linear policy from nothing: weights on normalised observations that begin at zero (Mania, Guy and Recht 2018, V2-t), and biases, which theirs have
 * not: a robot that hovers needs them. The mean and the spread of what was observed go on through the whole search, and are folded into what is played.
 */
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { Network } from '../../runtime-as/format/network.ts'
import type { Normaliser } from '../distill/student.ts'
import { playEpisode } from '../tasks/evaluate.ts'
import type { Task, TaskSpec } from '../tasks/task.ts'
import { contractOf } from '../teachers/teacher.ts'
import type { Movable } from './movable.ts'

/** golden vectors of such a policy */
const goldens = 8

export class LinearFromNothing implements Movable {
  readonly size: number
  readonly observations: number
  readonly template: Network
  readonly normalises = true
  readonly #low: readonly number[]
  readonly #high: readonly number[]

  constructor({ observationNames, actionNames, actionLow, actionHigh }: TaskSpec) {
    this.observations = observationNames.length
    this.size = actionNames.length * (this.observations + 1)
    this.template = linearNetwork(this.observations, actionNames.length, 1)
    this.#low = actionLow
    this.#high = actionHigh
  }

  start(): Float64Array {
    return new Float64Array(this.size)
  }

  /** Of a weight in half ranges of the action per standard deviation of the observation, of a bias in half ranges. */
  displacement(direction: Float64Array): Float64Array {
    const weights = this.observations * this.#low.length
    return direction.map((x, i) => {
      const row = i < weights ? Math.floor(i / this.observations) : i - weights
      return (x * (this.#high[row] - this.#low[row])) / 2
    })
  }

  placed(parameters: Float64Array, { mean, std }: Normaliser): Float64Array {
    const placed = parameters.slice()
    const weights = this.observations * this.#low.length
    for (const [row, low] of this.#low.entries()) {
      placed[weights + row] += (low + this.#high[row]) / 2
      for (let column = 0; column < this.observations; column++) {
        const at = row * this.observations + column
        placed[at] /= std[column]
        placed[weights + row] -= placed[at] * mean[column]
      }
    }
    return placed
  }
}

/** The policy that such a search begins with: the middle of each range, whatever is observed. Golden vectors from an episode of it. */
export function linearStart(task: Task): Uint8Array {
  const { spec } = task
  const middles = spec.actionLow.map((low, i) => (low + spec.actionHigh[i]) / 2)
  const seen: Float32Array[] = []
  const stand = (observation: ArrayLike<number>, action: Float32Array) => {
    seen.push(Float32Array.from(observation))
    action.set(middles)
  }
  playEpisode(task, stand, 1, 'golden', 0)
  const golden = Array.from(
    { length: Math.min(goldens, seen.length) },
    (_, i) => seen[Math.floor((i * seen.length) / goldens)],
  )
  const network = linearNetwork(spec.observationNames.length, spec.actionNames.length, 0)
  network.layers[0].bias.set(middles)
  return encodePolicy(network, contractOf(spec, 'clip', {}), golden)
}

const linearNetwork = (inputs: number, outputs: number, weight: number): Network => ({
  layers: [
    {
      inputs,
      outputs,
      activation: 'none',
      weights: new Float32Array(inputs * outputs).fill(weight),
      bias: new Float32Array(outputs),
    },
  ],
})
