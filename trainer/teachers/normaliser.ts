/** A normaliser that lies beside the layers of a state dict, as the libraries that write them use it. */
import { brief } from '../files/brief.ts'
import type { Op } from './graph/graph.ts'
import { finite, type StateDict } from './named-tensors.ts'

/** How a library makes one of its numbers out of what it keeps. */
interface Rule {
  /** the name of what it keeps beside the mean */
  spread: RegExp
  /** what is divided by */
  deviation(x: number): number
  /** of the normalised observation */
  clip?: number
  said: string
}

const rules: Rule[] = [
  { spread: /\._std$/, deviation: (x) => x + 0.01, said: 'of rsl_rl: (x - mean) / (std + 0.01)' },
  {
    spread: /running_mean_std\.running_var$/,
    deviation: (x) => Math.sqrt(x + 1e-5),
    clip: 5,
    said: 'of rl_games: (x - mean) / sqrt(var + 1e-5), within -5 and 5',
  },
  {
    spread: /running_variance$/,
    deviation: (x) => Math.sqrt(x) + 1e-8,
    clip: 5,
    said: 'of skrl: (x - mean) / (sqrt(var) + 1e-8), within -5 and 5',
  },
  { spread: /(^|\.)std$/, deviation: (x) => x, said: '(x - mean) / std' },
  { spread: /(^|[._])var(iance)?$/, deviation: (x) => Math.sqrt(x + 1e-8), said: '(x - mean) / sqrt(var + 1e-8)' },
]

/** normalisers of values and of what critics see */
const ofOthers = /critic|value|reward|return|privileged/i
const means = /(norm\w*|rms|mean_std|preprocessor\w*|scaler)\.(_mean|mean|running_mean)$/

/** Operations that come before the layers, and what they were taken for; none: there is no such. */
export function normaliserIn(
  state: StateDict,
  observations: number,
  refuse: (what: string) => never,
): { ops: Op[]; said?: string } {
  const usable = [...state.keys()].filter((key) => !ofOthers.test(key))
  const mean = usable.find((key) => means.test(key))
  if (mean === undefined) return { ops: [] }
  const folder = mean.slice(0, mean.lastIndexOf('.') + 1)
  const beside = usable.filter((key) => key.startsWith(folder) && !key.slice(folder.length).includes('.'))
  const [rule, spread] =
    rules.flatMap((one) => beside.filter((key) => one.spread.test(key)).map((key) => [one, key] as const)).at(0) ??
    refuse(`tensor ${brief(mean)}: expected the deviation or the variance beside it`)
  const [centre, kept] = [mean, spread].map((key) => {
    const values = finite(state, key, refuse)
    return values.length === observations
      ? values
      : refuse(`tensor ${brief(key)}: ${values.length} numbers, expected ${observations}, one an observation`)
  })
  const scale = Float64Array.from(kept, (x) => 1 / rule.deviation(x))
  const bad = scale.findIndex((s) => !Number.isFinite(s))
  if (bad >= 0) refuse(`tensor ${brief(spread)}: entry ${bad} is ${kept[bad]}, expected more than 0`)
  const ops: Op[] = [{ op: 'scale', from: [0], scale, offset: scale.map((s, i) => -centre[i] * s) }]
  const { clip } = rule
  if (clip !== undefined) {
    const high = new Float32Array(observations).fill(clip)
    ops.push({ op: 'clip', from: [1], low: high.map((x) => -x), high })
  }
  return { ops, said: `its normaliser is taken to be that ${rule.said}`.replace('that (', '(') }
}
