/** How far actions are from those wanted: root mean square, 99th percentile and maximum. */

export interface ErrorFigures {
  /** root of the mean square */
  rmse: number
  /** the least error that at least 99 % of all do not exceed */
  p99: number
  /** the largest */
  max: number
}

/** Of one action, in its unit, and as shares of its range, high - low. */
export interface OneActionError extends ErrorFigures {
  name: string
  ofRange: ErrorFigures
}

/** Shares of the actions' ranges, over all actions and rows together; and each action by itself. */
export interface ActionError extends ErrorFigures {
  /** observations compared */
  rows: number
  /** standard deviation of the wanted actions, as a share of the ranges: the RMSE of the best constant */
  spread: number
  /** each by itself; shape (actions) */
  actions: OneActionError[]
}

export interface ActionRange {
  names: readonly string[]
  low: readonly number[]
  high: readonly number[]
}

/** actions, wanted: shape (rows, actions), in the actions' units */
export function actionError(actions: ArrayLike<number>, wanted: ArrayLike<number>, range: ActionRange): ActionError {
  const size = range.names.length
  const rows = wanted.length / size
  const width = range.low.map((low, i) => range.high[i] - low)
  const all = new Float64Array(rows * size)
  const each = range.names.map((name, i): OneActionError => {
    const errors = Float64Array.from({ length: rows }, (_, row) =>
      Math.abs(actions[row * size + i] - wanted[row * size + i]),
    )
    const shares = errors.map((x) => x / width[i])
    all.set(shares, i * rows)
    return { name, ...figuresOf(errors), ofRange: figuresOf(shares) }
  })
  return { rows, ...figuresOf(all), spread: spreadOf(wanted, width), actions: each }
}

/** The root mean square alone, as `actionError` has it. */
export function rootMeanSquare(
  actions: ArrayLike<number>,
  wanted: ArrayLike<number>,
  width: readonly number[],
): number {
  let sum = 0
  for (let at = 0; at < wanted.length; at++) sum += ((actions[at] - wanted[at]) / width[at % width.length]) ** 2
  return Math.sqrt(sum / wanted.length)
}

/** Sorts them. */
function figuresOf(errors: Float64Array): ErrorFigures {
  const sorted = errors.sort()
  let squares = 0
  for (const x of sorted) squares += x * x
  const rank = Math.ceil((99 * sorted.length) / 100) - 1
  return { rmse: Math.sqrt(squares / sorted.length), p99: sorted[rank], max: sorted[sorted.length - 1] }
}

function spreadOf(wanted: ArrayLike<number>, width: readonly number[]): number {
  const size = width.length
  const rows = wanted.length / size
  let variance = 0
  for (let i = 0; i < size; i++) {
    let mean = 0
    for (let at = i; at < wanted.length; at += size) mean += wanted[at] / rows
    for (let at = i; at < wanted.length; at += size) variance += ((wanted[at] - mean) / width[i]) ** 2
  }
  return Math.sqrt(variance / wanted.length)
}
