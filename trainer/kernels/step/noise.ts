/**
 * The two formulas of the weight noise. Weights are N(theta, sigma^2), and a layer's outputs are sampled in their place (local
 * reparametrisation, Kingma et al. 2015). With e standard normal:
 *
 *   paper     y = x theta + e sqrt(x^2 sigma^2 + 1e-8)
 *   official  y = x theta + e (|x| (sigma^2 + 1e-8))       what the authors' program computes
 */
import type { NoiseMode } from '../config.ts'
import type { Matrix } from '../layout.ts'
import type { Lane } from './lane.ts'

export interface NoiseFormula {
  /** added to every sigma^2 */
  epsilon: number
  /** out = what sigma^2 weighs: x^2, or |x| */
  spread(lane: Lane, out: Matrix, x: Matrix): void
  /** y = max(floor, y + the noise). Leaves in `noise` the derivative of y by `weighed`, the product of spread and sigma^2. */
  add(lane: Lane, y: Matrix, noise: Matrix, weighed: Matrix, floor: number): void
  /** d (by x) = d + the gradient u by the spread, brought to x; 0 where the ReLU is, x = 0 */
  backward(lane: Lane, d: Matrix, u: Matrix, x: Matrix): void
}

export const noiseFormulas: Record<NoiseMode, NoiseFormula | undefined> = {
  none: undefined,
  paper: {
    epsilon: 0,
    spread: (lane, out, x) => lane.square(out, x),
    add: (lane, y, noise, weighed, floor) => lane.addNoise(y, noise, weighed, floor),
    backward: (lane, d, u, x) => lane.squareReluGradient(d, u, x),
  },
  official: {
    epsilon: 1e-8,
    spread: (lane, out, x) => lane.absolute(out, x),
    add: (lane, y, noise, weighed, floor) => lane.addNoiseOfficial(y, noise, weighed, floor),
    backward: (lane, d, u, x) => lane.addReluGradient(d, u, x),
  },
}
