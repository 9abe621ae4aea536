/** Policies with logs where all is well, to check or to plant a mistake in. */
import type { BatchPolicy, Normaliser } from '../../trainer/check/bench.ts'
import { columns } from '../../trainer/check/bench.ts'
import type { Log } from '../../trainer/check/log.ts'
import type { CheckedPolicy } from '../../trainer/check/policies.ts'
import { collectEpisode } from '../../trainer/data/collect.ts'
import { columnsOf } from '../../trainer/data/columns.ts'
import { type Random, randomStream } from '../../trainer/random.ts'
import type { Controller } from '../../trainer/tasks/evaluate.ts'
import { createTask } from '../../trainer/tasks/registry.ts'

/** A policy and a log of its own. */
export interface Sample {
  name: string
  policy: BatchPolicy
  log: Log
  bounds: { low: readonly number[]; high: readonly number[] }
  /** of the log */
  noise: Noise
  /** that the policy is known to have */
  normaliser?: Normaliser
}

export interface Noise {
  /** of the actions, in half ranges; limited to the bounds afterwards */
  action: number
  /** of the observations in the log, in their spreads: the policy saw them without */
  sensor: number
}

export const batchOf =
  (control: Controller, o: number, a: number): BatchPolicy =>
  (x, rows, actions) => {
    for (let r = 0; r < rows; r++) control(x.subarray(r * o, (r + 1) * o), actions.subarray(r * a, (r + 1) * a))
  }

/** Episodes of a task under a policy. The task must be prepared. */
export function playedLog(
  taskName: string,
  control: Controller,
  rows: number,
  { action, sensor }: Noise,
  seed: number,
): Log {
  const task = createTask(taskName)
  const { spec } = task
  const [o, a] = [spec.observationNames.length, spec.actionNames.length]
  const c = columnsOf(o, a)
  const [x, u]: [number[], number[]] = [[], []]
  const episodes: Log['episodes'][number][] = []
  for (let e = 0; x.length < rows * o; e++) {
    const first = x.length / o
    const played = collectEpisode(task, control, { sigmas: [action], seed }, e)
    const count = Math.min(played.length / c.width, rows - first, 300)
    for (let r = 0; r < count; r++) {
      const row = played.subarray(r * c.width, (r + 1) * c.width)
      x.push(...row.subarray(c.observation, c.observation + o))
      u.push(...row.subarray(c.action, c.action + a))
    }
    episodes.push({ first, count })
  }
  const log = {
    observations: Float32Array.from(x),
    actions: Float32Array.from(u),
    observationNames: spec.observationNames,
    actionNames: spec.actionNames,
    episodes,
  }
  return sensor > 0 ? withSensorNoise(log, sensor, randomStream(seed, 'sensor')) : log
}

function withSensorNoise(log: Log, size: number, random: Random): Log {
  const { std } = columns(log.observations, log.observationNames.length)
  return { ...log, observations: log.observations.map((x, k) => x + size * std[k % std.length] * random.normal()) }
}

/** Half of the range of each action; where it has none, what it is in the log. */
export function halves({ log, bounds }: Pick<Sample, 'log' | 'bounds'>): number[] {
  const { std } = columns(log.actions, log.actionNames.length)
  return bounds.low.map((low, i) => (Number.isFinite(low) ? (bounds.high[i] - low) / 2 : std[i]))
}

/** A log without a simulator: observations that wander around those of training, and what the policy says to them. */
export function wanderingLog(
  { act, bounds, observations, actions, normaliser, ...names }: CheckedPolicy,
  rows: number,
  noise: Noise,
  seed: number,
): Log {
  const random = randomStream(seed, 'wandering')
  const x = new Float32Array(rows * observations)
  const now = new Float64Array(observations)
  const own = Float64Array.from(now, () => Math.exp(0.4 * random.normal()))
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < observations; i++) {
      now[i] = 0.85 * now[i] + 0.53 * random.normal()
      x[r * observations + i] = normaliser ? normaliser.mean[i] + normaliser.std[i] * now[i] : own[i] * now[i]
    }
  const clean = new Float32Array(rows * actions)
  act(x, rows, clean)
  const numbered = (name: string, n: number) => Array.from({ length: n }, (_, i) => `${name}_${i}`)
  const log = {
    observations: x,
    actions: clean,
    observationNames: names.observationNames ?? numbered('observation', observations),
    actionNames: names.actionNames ?? numbered('action', actions),
    episodes: Array.from({ length: Math.ceil(rows / 250) }, (_, e) => ({
      first: 250 * e,
      count: Math.min(250, rows - 250 * e),
    })),
  }
  const played = { ...log, actions: actedOn({ name: '', policy: act, log, bounds, noise }, x, random) }
  return noise.sensor > 0 ? withSensorNoise(played, noise.sensor, random) : played
}

/** New actions of the policy for other observations than the log's, as noisy as the log's were. */
export function actedOn(sample: Sample, x: Float32Array, random: Random): Float32Array {
  const { policy, log, bounds, noise } = sample
  const a = log.actionNames.length
  const half = halves(sample)
  const u = new Float32Array(log.actions.length)
  policy(x, u.length / a, u)
  return u.map((y, k) => {
    const [low, high] = [bounds.low[k % a], bounds.high[k % a]]
    return Math.max(low, Math.min(high, y + noise.action * half[k % a] * random.normal()))
  })
}
