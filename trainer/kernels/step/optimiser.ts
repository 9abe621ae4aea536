/** How parameters move, whatever step they belong to: Adam (Kingma, Ba 2015) down the gradient, and targets after them (Polyak averages). */
import type { Arena } from '../layout.ts'

/** A block of parameters with all that moves it: addresses of arrays of `bytes` each. `Parameter` of the reference has the same names. */
export interface Parameters {
  value: number
  /** Adam's two moments */
  mean: number
  square: number
  target: number
  /** of the first chunk of the batch; the second's lies `apart` bytes further. 0: there is one chunk */
  gradient: number
  apart: number
  bytes: number
}

/** New parameters, with gradients for so many chunks. */
export function takeParameters(arena: Arena, bytes: number, chunks: number): Parameters {
  const [value, mean, square, target] = [0, 1, 2, 3].map(() => arena.take(bytes))
  const gradients = Array.from({ length: chunks }, () => arena.take(bytes))
  const apart = chunks > 1 ? gradients[1] - gradients[0] : 0
  return { value, mean, square, target, gradient: gradients[0], apart, bytes }
}

/** Address of chunk c's gradients. */
export const gradientOf = ({ gradient, apart }: Parameters, c: number): number => gradient + c * apart

/** The parameters that begin at an offset. */
export const partOf = (p: Parameters, offset: number, bytes: number): Parameters => ({
  value: p.value + offset,
  mean: p.mean + offset,
  square: p.square + offset,
  target: p.target + offset,
  gradient: p.gradient + offset,
  apart: p.apart,
  bytes,
})

/** One thread of several. */
export interface Share {
  thread: number
  threads: number
}

/** A thread's share of the parameters [from, from + bytes) of a block, in multiples of 64 bytes. */
export function shareOf(p: Parameters, from: number, bytes: number, { thread, threads }: Share): Parameters {
  const border = (t: number) => Math.floor(((bytes >> 6) * t) / threads) << 6
  return partOf(p, from + border(thread), border(thread + 1) - border(thread))
}

/** Adam's rate and bias corrections as the kernels take them. Made once, and set for every update. */
export class Adam {
  step = 0
  root = 0

  /** For update number t = 1, 2, … */
  at(rate: number, t: number): this {
    this.step = rate / (1 - 0.9 ** t)
    this.root = 1 / Math.sqrt(1 - 0.999 ** t)
    return this
  }
}

/** Adam for a single number: [value, mean, square] moves in place. The kernels' Adam is `Lane.adam`. */
export function adamOfOne(parameter: Float64Array, gradient: number, { step, root }: Adam): void {
  const mean = 0.9 * parameter[1] + 0.1 * gradient
  const square = 0.999 * parameter[2] + 0.001 * gradient ** 2
  parameter[0] -= (step * mean) / (Math.sqrt(square) * root + 1e-8)
  parameter[1] = mean
  parameter[2] = square
}
