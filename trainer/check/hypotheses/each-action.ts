/** Actions one by one: what corrections of them share. */
import type { After } from '../correction.ts'

/** Each action by itself. */
export const each =
  (a: number, of: (y: number, i: number) => number): After =>
  (actions) =>
    actions.map((y, k) => of(y, k % a))

/** Action i of every row. */
export const column = (values: Float32Array, i: number, a: number): Float64Array =>
  Float64Array.from({ length: values.length / a }, (_, row) => values[row * a + i])
