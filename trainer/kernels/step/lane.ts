/**
 * What a thread does with matrices and parameters. This is the one place where the kernels' long lists of numbers are spelled; everything above
 * it speaks of matrices that were made once. Results come first, as in an assignment.
 */
import type { Kernels } from '../kernels.ts'
import type { Matrix } from '../layout.ts'
import type { Adam, Parameters, Share } from './optimiser.ts'

/** What a product begins from, and what it does not fall below: 0 for a ReLU, -Infinity for none. */
export interface Start {
  /** one row, for all rows */
  bias: Matrix
  floor: number
}

/** A layer with one output. */
export interface Head {
  /** one row */
  weights: Matrix
  /** one number */
  bias: Matrix
}

/** Middle and half width of each action's range, one row each. */
export interface Bounds {
  middle: Matrix
  half: Matrix
}

/** Where transitions are drawn into, a row each. */
export interface Minibatch {
  index: Matrix
  state: Matrix
  action: Matrix
  reward: Matrix
  next: Matrix
  terminal: Matrix
  /** to clone: `action`, or of its own */
  wanted: Matrix
}

/** Where all transitions lie: the address of the first, and bytes from one to the next. */
export interface Rows {
  at: number
  stride: number
}

/** What the gradient of the actor's loss by its pre-squash outputs is made of; all (rows, actions), but the last. */
export interface OutputGradient {
  gradient: Matrix
  /** of -mean Q by the action */
  byAction: Matrix
  action: Matrix
  wanted: Matrix
  tanh: Matrix
  bounds: Bounds
}

export interface LaneOptions extends Share {
  kernels: Kernels
  buffer: SharedArrayBuffer
  /** 6 x 16 register tiles, not 4 x 8 */
  wide: boolean
  /** a row of zeros, as wide as any matrix */
  zeros: Matrix
  /** 512 bytes of this thread's own, for the last rows of a product */
  edge: number
}

const bytesOf = ({ rows, stride }: Matrix): number => rows * stride

export class Lane implements Share {
  readonly thread: number
  readonly threads: number
  readonly f32: Float32Array
  readonly #k: Kernels
  readonly #wide: 0 | 1
  readonly #edge: number
  readonly #nothing: Start

  constructor({ kernels, buffer, wide, zeros, edge, thread, threads }: LaneOptions) {
    this.thread = thread
    this.threads = threads
    this.f32 = new Float32Array(buffer)
    this.#k = kernels
    this.#wide = wide ? 1 : 0
    this.#edge = edge
    this.#nothing = { bias: zeros, floor: -Infinity }
  }

  /** out = max(floor, bias + a b) */
  product(out: Matrix, a: Matrix, b: Matrix, { bias, floor }: Start = this.#nothing): void {
    // biome-ignore format: sizes; a, b; out and what it begins from
    this.#k.product(
      this.#wide, this.#edge, out.rows, out.columns, a.columns,
      a.at, a.stride, 4, b.at, b.stride,
      out.at, out.stride, bias.at, 0, floor,
    )
  }

  /** out = a^T b: the gradient by the weights of a layer with inputs a, from the gradient b by its outputs */
  transposedProduct(out: Matrix, a: Matrix, b: Matrix): void {
    const { bias, floor } = this.#nothing
    // biome-ignore format: as above, a's rows and columns in each other's place
    this.#k.product(
      this.#wide, this.#edge, out.rows, out.columns, a.rows,
      a.at, 4, a.stride, b.at, b.stride,
      out.at, out.stride, bias.at, 0, floor,
    )
  }

  /** out = a^T */
  transpose(out: Matrix, a: Matrix): void {
    this.#k.transpose(a.rows, a.columns, a.at, a.stride, out.at, out.stride)
  }

  /** out (1, n) = sums of the columns of x (rows, n) */
  columnSums(out: Matrix, x: Matrix): void {
    this.#k.columnSums(x.at, x.stride, x.rows, x.columns, out.at)
  }

  /** out (rows, 1) = x w^T + bias, by a head of one output */
  head(out: Matrix, x: Matrix, { weights, bias }: Head): void {
    this.#k.dotRows(x.at, x.stride, x.rows, x.columns, weights.at, this.f32[bias.at >>> 2], out.at)
  }

  /** Gradients of a head, for inputs x, from the gradient d (rows, 1) by its output. */
  headGradient(out: Head, x: Matrix, d: Matrix): void {
    this.#k.weightedSums(d.at, x.at, x.stride, x.rows, x.columns, out.weights.at)
    this.f32[out.bias.at >>> 2] = this.total(d)
  }

  /** out (rows, n) = d (rows, 1) w (1, n) where x > 0, else 0: through a head and the ReLU below it */
  throughHead(out: Matrix, x: Matrix, d: Matrix, { weights }: Head): void {
    this.#k.outerRelu(d.at, weights.at, x.at, x.stride, x.rows, x.columns, out.at)
  }

  /** d = d where x > 0, else 0 */
  reluGradient(d: Matrix, x: Matrix): void {
    this.#k.reluGradient(d.at, x.at, bytesOf(d))
  }

  square(out: Matrix, x: Matrix): void {
    this.#k.square(x.at, out.at, bytesOf(x))
  }

  absolute(out: Matrix, x: Matrix): void {
    this.#k.absolute(x.at, out.at, bytesOf(x))
  }

  /** out = x y, element by element */
  multiply(out: Matrix, x: Matrix, y: Matrix): void {
    this.#k.multiply(x.at, y.at, out.at, bytesOf(x))
  }

  /** y = max(floor, y + noise sqrt(variance + 1e-8)); noise becomes d y / d variance */
  addNoise(y: Matrix, noise: Matrix, variance: Matrix, floor: number): void {
    this.#k.addNoise(y.at, noise.at, variance.at, bytesOf(y), floor)
  }

  /** y = max(floor, y + noise spread) */
  addNoiseOfficial(y: Matrix, noise: Matrix, spread: Matrix, floor: number): void {
    this.#k.addNoiseOfficial(y.at, noise.at, spread.at, bytesOf(y), floor)
  }

  /** d = d + 2 x u where x > 0, else 0: through x^2 and ReLU at once */
  squareReluGradient(d: Matrix, u: Matrix, x: Matrix): void {
    this.#k.squareReluGradient(d.at, u.at, x.at, bytesOf(d))
  }

  /** d = d + u where x > 0, else 0: through |x| and ReLU at once */
  addReluGradient(d: Matrix, u: Matrix, x: Matrix): void {
    this.#k.addReluGradient(d.at, u.at, x.at, bytesOf(d))
  }

  /** z becomes tanh z, action = middle + half tanh z */
  squash(action: Matrix, z: Matrix, { middle, half }: Bounds): void {
    this.#k.squash(z.at, action.at, action.stride, action.rows, action.columns, middle.at, half.at)
  }

  /** TD3's target policy smoothing: action = action + half clip(sigma noise), within its range */
  smooth(action: Matrix, noise: Matrix, { middle, half }: Bounds, sigma: number, clip: number): void {
    const { at, stride, rows, columns } = action
    this.#k.smooth(at, noise.at, stride, rows, columns, middle.at, half.at, sigma, clip)
  }

  /**
   * gradient = (lambda byAction + clone (action - wanted)) half (1 - tanh^2); gives the sum of (action - wanted)^2. Without value there is
   * no byAction.
   */
  outputGradient(of: OutputGradient, lambda: number, clone: number, withValue: boolean): number {
    const { gradient, byAction, action, wanted, tanh, bounds } = of
    const { rows, columns, stride } = action
    // biome-ignore format: weights, matrices, their shape, what goes out
    return this.#k.outputGradient(
      withValue ? byAction.at : 0, lambda, clone, action.at, wanted.at, tanh.at,
      stride, rows, columns, bounds.half.at, gradient.at,
    )
  }

  /** y = reward + (1 - terminal) discount min(q1, q2): clipped double Q */
  targets(y: Matrix, { reward, terminal }: Minibatch, [q1, q2]: readonly Matrix[], discount: number): void {
    this.#k.targets(reward.at, terminal.at, q1.at, q2.at, y.rows, discount, y.at)
  }

  /** d = scale (q - y); gives the sum of (q - y)^2 */
  squaredErrorGradient(d: Matrix, q: Matrix, y: Matrix, scale: number): number {
    return this.#k.squaredErrorGradient(q.at, y.at, q.rows, scale, d.at)
  }

  /** Sum of a column. */
  total(x: Matrix): number {
    return this.#k.total(x.at, x.rows, 0)
  }

  absoluteTotal(x: Matrix): number {
    return this.#k.total(x.at, x.rows, 1)
  }

  /** Every number of a column. */
  fill(x: Matrix, value: number): void {
    this.#k.fill(x.at, x.rows, value)
  }

  copy(to: Matrix, from: Matrix): void {
    this.#k.copyColumns(from.at, from.stride, to.at, to.stride, from.rows, from.columns * 4)
  }

  /** Draws as many transitions as the chunk has rows, of the first `count`: their states and actions. */
  gather(to: Minibatch, { at, stride }: Rows, sampler: number, count: number): void {
    const { index, state, action } = to
    this.#k.indices(sampler, index.at, (index.rows + 3) & ~3, count)
    // biome-ignore format: from where, what, where to
    this.#k.gather(
      at, stride, index.at, index.rows, state.columns, action.columns,
      state.at, state.stride, action.at, action.stride,
    )
  }

  /** The rest of the transitions that were drawn last: what only the critics need. */
  gatherNext(to: Minibatch, { at, stride }: Rows): void {
    const { index, action, reward, next, terminal } = to
    // biome-ignore format: as above
    this.#k.gatherNext(
      at, stride, index.at, index.rows, next.columns, action.columns,
      reward.at, next.at, next.stride, terminal.at,
    )
  }

  /** Of the same transitions the actions to clone, where they are not the executed ones. */
  gatherWanted({ index, wanted }: Minibatch, { at, stride }: Rows): void {
    this.#k.gatherWanted(at, stride, index.at, index.rows, wanted.columns, wanted.at, wanted.stride)
  }

  /** Standard normals in every row, its padding too, from the generator with its state at this address. */
  normals(out: Matrix, generator: number): void {
    this.#k.normals(generator, out.at, bytesOf(out) / 4)
  }

  /** variance = exp(2 log sigma) + epsilon; two addresses */
  variances(variance: number, logSigma: number, bytes: number, epsilon: number): void {
    this.#k.variances(logSigma, variance, bytes, epsilon)
  }

  adam({ value, mean, square, gradient, apart, bytes }: Parameters, { step, root }: Adam): void {
    this.#k.adam(value, mean, square, gradient, apart, bytes, step, root)
  }

  /** Adam of variational weights, with the gradient of the KL term, weighed by `kl`; log sigma's other gradient is that by sigma^2. */
  variationalAdam(theta: Parameters, logSigma: Parameters, { step, root }: Adam, kl: number): void {
    // biome-ignore format: theta, log sigma, their gradients, the update
    this.#k.variationalAdam(
      theta.value, theta.mean, theta.square, logSigma.value, logSigma.mean, logSigma.square,
      theta.gradient, logSigma.gradient, theta.apart, theta.bytes,
      step, root, kl,
    )
  }

  /** Polyak average: target += tau (value - target) */
  polyak({ value, target, bytes }: Parameters, tau: number): void {
    this.#k.polyak(value, target, bytes, tau)
  }

  /** The proximal step of L1: each value moves by `amount` towards zero. */
  shrink({ value, bytes }: Parameters, amount: number): void {
    this.#k.shrink(value, bytes, amount)
  }

  /** value = value mask; mask: an address */
  applyMask({ value, bytes }: Parameters, mask: number): void {
    this.#k.applyMask(value, mask, bytes)
  }
}
