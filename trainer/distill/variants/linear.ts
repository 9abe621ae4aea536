/** Students without a hidden layer: action = tanh(W observation + b), brought to its range. */
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Trainer } from '../../kernels/trainer.ts'
import { slopes } from '../../regression.ts'
import { cutAfterwards, largest, plain } from './plain.ts'
import type { Variant } from './variant.ts'

/** Of the range of an action, where it is fitted: tanh reaches its ends nowhere. */
const MOST = 0.99
/** On observations of standard deviation 1: columns that say the same share their weight. */
const RIDGE = 1e-6
/** Rows that are fitted, evenly taken: many times the weights of a row. */
const ROWS = 50_000

/** No hidden layer and no Bayesian part: fitted in closed form, then trained by Adam; of its weights the largest are kept. */
export const linear: Variant = {
  ...plain,
  ...cutAfterwards,
  fixed: { hidden: [] },
  initialise: (trainer) => trainer.networks.writeActor([fitted(trainer)]),
  masksAt: largest,
}

/**
 * Ridge regression of atanh(action), each action brought to -1..1 and clipped, on the trainer's observations. They are normalised, so that
 * the largest weights are those that move the action most.
 */
export function fitted({ data, rowLength, wantedAt, count, config }: Trainer): VariationalLayer {
  const { observationSize: o, actionSize: a, actionLow: low, actionHigh: high } = config
  const rows = Math.min(count, ROWS)
  const [x, y] = [new Float32Array(rows * o), new Float32Array(rows * a)]
  for (let r = 0; r < rows; r++) {
    const from = Math.floor((r * count) / rows) * rowLength
    for (let i = 0; i < o; i++) x[r * o + i] = data[from + i]
    for (let k = 0; k < a; k++) {
      const ofRange = (2 * data[from + wantedAt + k] - low[k] - high[k]) / (high[k] - low[k])
      y[r * a + k] = Math.atanh(Math.max(-MOST, Math.min(MOST, ofRange)))
    }
  }
  const theta = Float32Array.from(slopes(x, y, { rows, o, a, ridge: RIDGE }))
  // what is left of each row is the bias, on average
  const bias = new Float64Array(a)
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < a; k++) {
      let left = y[r * a + k]
      for (let i = 0; i < o; i++) left -= theta[k * o + i] * x[r * o + i]
      bias[k] += left / rows
    }
  return { theta, logSigma: new Float32Array(a * o).fill(-5), bias: Float32Array.from(bias) }
}
