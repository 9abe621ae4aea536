/** Logs with a mistake in them that is known, made from logs where all is well. */
import type { BatchPolicy, Normaliser } from '../../trainer/check/bench.ts'
import { columns } from '../../trainer/check/bench.ts'
import type { Log } from '../../trainer/check/log.ts'
import type { Random } from '../../trainer/random.ts'
import { actedOn, halves, type Sample } from './check-logs.ts'

export interface Plant {
  name: string
  /** hypotheses that say the same */
  named: string[]
  /** the sample with the mistake; what: in words, for a failing test. undefined: it has no place here */
  plant(
    sample: Sample,
    random: Random,
  ): { log: Log; policy?: BatchPolicy; normaliser?: Normaliser; what: string } | undefined
}

const onColumns = (log: Log, set: number[], change: (x: number, i: number) => number): Log => {
  const o = log.observationNames.length
  return { ...log, observations: log.observations.map((x, k) => (set.includes(k % o) ? change(x, k % o) : x)) }
}
const onActions = (log: Log, change: (u: number, i: number) => number): Log => {
  const a = log.actionNames.length
  return { ...log, actions: log.actions.map((u, k) => change(u, k % a)) }
}
/** one observation, or a run of them */
const someOf = (random: Random, o: number): number[] => {
  const count = random.uniform() < 0.6 ? 1 : 2 + random.below(Math.max(1, Math.floor(o / 2) - 1))
  const first = random.below(o - Math.min(count, o) + 1)
  return Array.from({ length: Math.min(count, o) }, (_, i) => first + i)
}
const ordered = (values: Float32Array, feed: number[]): Float32Array =>
  values.map((_, k) => values[k - (k % feed.length) + feed[k % feed.length]])
const acrossTime = (log: Log, from: (step: number) => number): Log => {
  const a = log.actionNames.length
  const actions = log.actions.slice()
  for (const { first, count } of log.episodes)
    for (let t = 0; t < count; t++) {
      const s = Math.max(0, Math.min(count - 1, from(t)))
      actions.set(log.actions.subarray((first + s) * a, (first + s + 1) * a), (first + t) * a)
    }
  return { ...log, actions }
}
const say = (x: number) => Number(x.toPrecision(3))

export function shuffle(random: Random, n: number): number[] {
  const list = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

export const plants: readonly Plant[] = [
  {
    name: 'sign',
    named: ['observation sign'],
    plant({ log }, random) {
      const set = someOf(random, log.observationNames.length)
      return { log: onColumns(log, set, (x) => -x), what: `sign of ${set}` }
    },
  },
  {
    name: 'unit',
    named: ['observation unit'],
    plant({ log }, random) {
      const set = someOf(random, log.observationNames.length)
      const factor = random.uniform() < 0.7 ? 180 / Math.PI : Math.PI / 180
      return { log: onColumns(log, set, (x) => x * factor), what: `unit of ${set} by ${say(factor)}` }
    },
  },
  {
    name: 'scale',
    named: ['observation scale'],
    plant({ log }, random) {
      const set = someOf(random, log.observationNames.length)
      const factor = Math.exp((random.uniform() < 0.5 ? 1 : -1) * random.uniform(0.4, 1.8))
      return { log: onColumns(log, set, (x) => x * factor), what: `scale of ${set} by ${say(factor)}` }
    },
  },
  {
    name: 'shift',
    named: ['observation shift'],
    plant({ log }, random) {
      const o = log.observationNames.length
      const i = random.below(o)
      const by = (random.uniform() < 0.5 ? 1 : -1) * random.uniform(0.5, 3) * columns(log.observations, o).std[i]
      return { log: onColumns(log, [i], (x) => x + by), what: `shift of ${i} by ${say(by)}` }
    },
  },
  {
    name: 'offsets',
    named: ['observation offsets'],
    plant({ log }, random) {
      const o = log.observationNames.length
      if (o < 4) return undefined
      const set = Array.from({ length: Math.max(2, Math.floor(o / 3)) }, (_, i) => i + random.below(2))
      const { std } = columns(log.observations, o)
      const by = std.map((s) => s * random.uniform(-1.5, 1.5))
      return { log: onColumns(log, set, (x, i) => x + by[i]), what: `offsets of ${set}` }
    },
  },
  {
    name: 'swap',
    named: ['observation order', 'history'],
    plant({ log }, random) {
      const o = log.observationNames.length
      if (o < 2) return undefined
      const [i, j] = shuffle(random, o)
      const same = Array.from({ length: o }, (_, k) => k)
      return {
        log: { ...log, observations: ordered(log.observations, same.with(i, j).with(j, i)) },
        what: `swap of ${i} and ${j}`,
      }
    },
  },
  {
    name: 'blocks',
    named: ['observation order', 'history'],
    plant({ log }, random) {
      const o = log.observationNames.length
      if (o < 4) return undefined
      const by = 1 + random.below(o - 1)
      const feed = Array.from({ length: o }, (_, i) => (i + by) % o)
      return { log: { ...log, observations: ordered(log.observations, feed) }, what: `turned by ${by}` }
    },
  },
  {
    name: 'shuffle',
    named: ['observation order', 'history'],
    // without a normaliser nothing tells
    plant({ log, normaliser }, random) {
      const o = log.observationNames.length
      if (o < 3 || !normaliser) return undefined
      const feed = shuffle(random, o)
      return { log: { ...log, observations: ordered(log.observations, feed) }, what: `order ${feed}` }
    },
  },
  {
    name: 'normaliser missing',
    named: ['normaliser'],
    plant({ log, policy }) {
      const o = log.observationNames.length
      if (o < 3) return undefined
      const { mean, std } = trainingStatistics(log)
      return {
        log,
        policy: (x, rows, actions) =>
          policy(
            x.map((z, k) => z * std[k % o] + mean[k % o]),
            rows,
            actions,
          ),
        what: 'policy of normalised observations, raw log',
      }
    },
  },
  {
    name: 'normaliser doubled',
    named: ['normaliser'],
    // by the policy's own normaliser, which its file says apart
    plant({ log, normaliser }) {
      const o = log.observationNames.length
      if (o < 3) return undefined
      const { mean, std } = normaliser ?? trainingStatistics(log)
      return {
        normaliser: { mean, std },
        log: { ...log, observations: log.observations.map((x, k) => (x - mean[k % o]) / std[k % o]) },
        what: 'normalised log',
      }
    },
  },
  {
    name: 'action order',
    named: ['action order'],
    plant({ log }, random) {
      const a = log.actionNames.length
      if (a < 2) return undefined
      let feed = shuffle(random, a)
      while (feed.every((j, i) => i === j)) feed = shuffle(random, a)
      return { log: { ...log, actions: ordered(log.actions, feed) }, what: `order of actions ${feed}` }
    },
  },
  {
    name: 'action scale',
    named: ['action scale'],
    plant({ log }, random) {
      const factor = Math.exp((random.uniform() < 0.5 ? 1 : -1) * random.uniform(0.3, 1.5))
      return { log: onActions(log, (u) => factor * u), what: `actions times ${say(factor)}` }
    },
  },
  {
    name: 'action offset',
    named: ['action scale'],
    plant({ log, bounds }, random) {
      const by = halves({ log, bounds }).map((half) => random.uniform(-1, 1) * half)
      const factor = random.uniform() < 0.5 ? 1 : random.uniform(0.2, 0.7)
      return {
        log: onActions(log, (u, i) => factor * u + by[i]),
        what: `actions times ${say(factor)} plus ${by.map(say)}`,
      }
    },
  },
  {
    name: 'action sign',
    named: ['action scale'],
    plant({ log }, random) {
      const i = random.below(log.actionNames.length)
      return { log: onActions(log, (u, k) => (k === i ? -u : u)), what: `sign of action ${i}` }
    },
  },
  {
    name: 'squash missing',
    named: ['action squash'],
    plant(sample, random) {
      const { log, bounds, noise } = sample
      if (!bounds.low.every(Number.isFinite)) return undefined
      const clean = actedOn({ ...sample, noise: { action: 0, sensor: 0 } }, log.observations, random)
      const middle = (i: number) => (bounds.low[i] + bounds.high[i]) / 2
      const half = (i: number) => (bounds.high[i] - bounds.low[i]) / 2
      const before = (y: number, i: number) =>
        Math.atanh(Math.max(-0.9999, Math.min(0.9999, (y - middle(i)) / half(i))))
      const noisy = (y: number, i: number) => middle(i) + half(i) * (before(y, i) + noise.action * random.normal())
      return { log: onActions({ ...log, actions: clean }, noisy), what: 'actions before tanh' }
    },
  },
  {
    name: 'squash doubled',
    named: ['action squash'],
    plant({ log, bounds }) {
      if (!bounds.low.every(Number.isFinite)) return undefined
      const middle = (i: number) => (bounds.low[i] + bounds.high[i]) / 2
      const half = (i: number) => (bounds.high[i] - bounds.low[i]) / 2
      return {
        log: onActions(log, (u, i) => middle(i) + half(i) * Math.tanh((u - middle(i)) / half(i))),
        what: 'tanh of actions',
      }
    },
  },
  {
    name: 'action clip',
    named: ['action clip'],
    plant({ log }, random) {
      const a = log.actionNames.length
      const to = Math.min(...columns(log.actions, a).std) * random.uniform(0.5, 1.2)
      return { log: onActions(log, (u) => Math.max(-to, Math.min(to, u))), what: `actions limited to ${say(to)}` }
    },
  },
  {
    name: 'lag',
    named: ['lag'],
    plant({ log }, random) {
      const lag = [1, 1, 2, 3, 4, -1][random.below(6)]
      return { log: acrossTime(log, (t) => t - lag), what: `lag of ${lag}` }
    },
  },
  {
    name: 'hold',
    named: ['rate'],
    plant({ log }, random) {
      const hold = 2 + random.below(6)
      return { log: acrossTime(log, (t) => t - (t % hold)), what: `held for ${hold}` }
    },
  },
  {
    name: 'clip for the policy',
    named: ['observation clip'],
    plant(sample, random) {
      const { log } = sample
      const o = log.observationNames.length
      const i = random.below(o)
      const to = columns(log.observations, o).std[i] * random.uniform(0.3, 0.8)
      const { mean } = columns(log.observations, o)
      const seen = onColumns(log, [i], (x) => Math.max(mean[i] - to, Math.min(mean[i] + to, x)))
      return {
        log: { ...log, actions: actedOn(sample, seen.observations, random) },
        what: `policy given ${i} limited to ±${say(to)}`,
      }
    },
  },
  {
    name: 'clip in the log',
    named: ['observation clip'],
    plant({ log }, random) {
      const o = log.observationNames.length
      const i = random.below(o)
      const { mean, std } = columns(log.observations, o)
      const to = std[i] * random.uniform(0.3, 0.8)
      return {
        log: onColumns(log, [i], (x) => Math.max(mean[i] - to, Math.min(mean[i] + to, x))),
        what: `log limits ${i} to ±${say(to)}`,
      }
    },
  },
  {
    name: 'history',
    named: ['history'],
    plant(sample, random) {
      const stacked = stack(sample, 2 + random.below(4), random)
      const o = stacked.log.observationNames.length
      const frame = sample.log.observationNames.length
      const feed = Array.from({ length: o }, (_, k) => Math.floor((o - 1 - k) / frame) * frame + (k % frame))
      return {
        policy: stacked.policy,
        log: { ...stacked.log, observations: ordered(stacked.log.observations, feed) },
        what: `${o / frame} frames reversed`,
      }
    },
  },
]

/** Statistics as training would have left them: of the log, but not quite. */
function trainingStatistics(log: Log): { mean: Float64Array; std: Float64Array } {
  const { mean, std } = columns(log.observations, log.observationNames.length)
  return {
    mean: mean.map((m, i) => m + 0.3 * std[i] * Math.sin(i)),
    std: std.map((s, i) => (s || 1) * (1.3 + 0.3 * Math.cos(i))),
  }
}

/** The sample with several frames in an observation, oldest first, and a policy that uses them all: mostly the newest. */
export function stack(sample: Sample, frames: number, random: Random): { log: Log; policy: BatchPolicy } {
  const { log, policy } = sample
  const d = log.observationNames.length
  const rows = log.observations.length / d
  const o = d * frames
  const observations = new Float32Array(rows * o)
  for (const { first, count } of log.episodes)
    for (let t = 0; t < count; t++)
      for (let f = 0; f < frames; f++) {
        const source = first + Math.max(0, t - (frames - 1 - f))
        observations.set(log.observations.subarray(source * d, (source + 1) * d), (first + t) * o + f * d)
      }
  const weights = Float64Array.from({ length: frames }, (_, f) => (f === frames - 1 ? 1 : 0.25 * random.normal()))
  const stacked: BatchPolicy = (x, n, actions) => {
    const mixed = new Float32Array(n * d)
    for (let r = 0; r < n; r++)
      for (let f = 0; f < frames; f++) for (let k = 0; k < d; k++) mixed[r * d + k] += weights[f] * x[r * o + f * d + k]
    policy(mixed, n, actions)
  }
  const observationNames = Array.from({ length: o }, (_, k) => `${log.observationNames[k % d]}_${Math.floor(k / d)}`)
  const acted = { ...sample, policy: stacked, log: { ...log, observations, observationNames } }
  return { policy: stacked, log: { ...acted.log, actions: actedOn(acted, observations, random) } }
}
