/** How findings write numbers. */

/** Three digits. */
export const times = (x: number): string => `${Number(x.toPrecision(3))}`

/** "at most 2", "-1 … 1" */
export const limitsOf = (low: number, high: number): string =>
  low === -Infinity
    ? `at most ${times(high)}`
    : high === Infinity
      ? `at least ${times(low)}`
      : `${times(low)} … ${times(high)}`
