/**
 * One row of a layer in whole numbers. Rounded each to its nearest, weights lose what they could make up for together: here they go up or down as suits the sum of the
 * row on the data. That is least squares over whole numbers, descended one number at a time.
 */

/** Scales that are looked at closely, of those that do best with numbers rounded to the nearest. */
const CLOSELY = 3
/** Observations to each weight of a row, below which they say too little of what it could make up for. */
const ENOUGH = 2
/** Times that all numbers of a row may move; three or four are what it takes. */
const SWEEPS = 30

/** A row in whole numbers: `scale` times `numbers` stands for its weights; `offset` is what brings its mean error on the data to 0. */
export interface Row {
  scale: number
  numbers: Int8Array
  offset: number
}

/** What a layer's inputs are on the data. */
export interface Inputs {
  /** shape (observations)(inputs), each around its mean */
  centred: Float64Array[]
  mean: Float64Array
  /** shape (inputs, inputs): sums over the observations of products of two centred inputs */
  products: Float64Array
}

export function inputsOf(rows: Float64Array[]): Inputs {
  const width = rows[0].length
  const mean = Float64Array.from(rows[0], (_, i) => rows.reduce((sum, x) => sum + x[i], 0) / rows.length)
  const centred = rows.map((x) => x.map((value, i) => value - mean[i]))
  const products = new Float64Array(width * width)
  for (const x of centred)
    for (let i = 0; i < width; i++) {
      if (x[i] === 0) continue
      for (let j = 0; j < width; j++) products[i * width + j] += x[i] * x[j]
    }
  return { centred, mean, products }
}

/** A row to be stored. */
interface Wanted {
  /** in units of the inputs */
  weights: Float64Array
  /** columns that it reads: those whose weight is not pruned */
  used: Int32Array
  inputs: Inputs
  /** around their mean, shape (observations) */
  sums: number[]
}

/**
 * The whole numbers whose sums come nearest to the wanted ones on the data, but for a constant, which the bias takes. Each is a neighbour of its weight: what the data
 * does not show stays nearly as it was.
 *
 * @param weights of the row, in units of its inputs
 * @param sums wanted, bias included; shape (observations)
 */
export function bestRow(weights: Float64Array, inputs: Inputs, sums: number[], scales: number[]): Row {
  const middle = sums.reduce((sum, x) => sum + x, 0) / sums.length
  const used = Int32Array.from([...weights.keys()].filter((c) => weights[c] !== 0))
  const row: Wanted = { weights, used, inputs, sums: sums.map((x) => x - middle) }
  const rounded = scales.map((scale) =>
    measured(
      row,
      scale,
      weights.map((w) => inRange(Math.round(w / scale))),
    ),
  )
  const { scale, numbers } = rounded
    .sort((a, b) => a.error - b.error)
    .slice(0, CLOSELY)
    .map(({ scale, numbers }) => measured(row, scale, descended(row, scale, numbers)))
    .reduce((a, b) => (b.error < a.error ? b : a))
  return { scale, numbers, offset: middle - scale * used.reduce((sum, c) => sum + numbers[c] * inputs.mean[c], 0) }
}

const inRange = (number: number): number => Math.min(127, Math.max(-127, number))

/** What the row's sums miss, observation by observation. */
function missed({ used, inputs, sums }: Wanted, scale: number, numbers: Int8Array): Float64Array {
  return Float64Array.from(inputs.centred, (x, n) => {
    let sum = 0
    for (let i = 0; i < used.length; i++) sum += numbers[used[i]] * x[used[i]]
    return sums[n] - scale * sum
  })
}

function measured(row: Wanted, scale: number, whole: ArrayLike<number>) {
  const numbers = Int8Array.from(whole)
  return { scale, numbers, error: missed(row, scale, numbers).reduce((sum, e) => sum + e * e, 0) }
}

/** One number after another moved to the whole number above or below its weight, where that lowers the error and all others stay, until none moves. */
function descended(row: Wanted, scale: number, rounded: Int8Array): Int8Array {
  const { weights, used, inputs } = row
  const width = weights.length
  const numbers = rounded.slice()
  if (inputs.centred.length < ENOUGH * used.length) return numbers
  // half of how steeply the error falls with what each weight stands for
  const slopes = new Float64Array(width)
  for (const [n, e] of missed(row, scale, numbers).entries()) {
    const x = inputs.centred[n]
    for (let i = 0; i < used.length; i++) slopes[used[i]] += e * x[used[i]]
  }
  for (let sweep = 0, moved = true; moved && sweep < SWEEPS; sweep++) {
    moved = false
    for (const c of used) {
      const steep = scale * inputs.products[c * width + c]
      if (steep === 0) continue
      const exact = weights[c] / scale
      const [low, high] = [inRange(Math.floor(exact)), inRange(Math.ceil(exact))]
      const number = Math.min(high, Math.max(low, Math.round(numbers[c] + slopes[c] / steep)))
      const step = number - numbers[c]
      if (step === 0) continue
      numbers[c] = number
      for (let i = 0; i < used.length; i++) slopes[used[i]] -= scale * step * inputs.products[c * width + used[i]]
      moved = true
    }
  }
  return numbers
}
