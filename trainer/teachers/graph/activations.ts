/** Functions of one number that teachers have, in float64. */

/** erf to some 1e-15: a series of positive terms, 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)). */
export function erf(x: number): number {
  const size = Math.abs(x)
  if (!(size < 6)) return Number.isNaN(x) ? x : Math.sign(x)
  let term = size
  let sum = size
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1)
    sum += term
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
/** log(1 + exp(x)) */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const limit = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x))

/** the constants of the paper, as every framework has them */
const seluAlpha = 1.6732632423543772
const seluScale = 1.0507009873554805

type Activate = (x: number, alpha: number, beta: number) => number

/** Each with what `alpha` and `beta` are to it; most have neither. */
export const activations = {
  relu: (x) => (x < 0 ? 0 : x),
  tanh: Math.tanh,
  /** alpha: the slope below zero */
  leaky_relu: (x, alpha) => (x < 0 ? alpha * x : x),
  elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  celu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  /** alpha and beta: those of the paper where they are 0 */
  selu: (x, alpha, beta) => (beta || seluScale) * (x < 0 ? (alpha || seluAlpha) * Math.expm1(x) : x),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  softplus,
  mish: (x) => x * Math.tanh(softplus(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  /** the approximation by tanh */
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  softsign: (x) => x / (1 + Math.abs(x)),
  /** alpha x + beta, within 0 and 1 */
  hard_sigmoid: (x, alpha, beta) => limit(alpha * x + beta, 0, 1),
  hard_swish: (x) => x * limit(x / 6 + 0.5, 0, 1),
  erf,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  reciprocal: (x) => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  atan: Math.atan,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  /** x to the power of alpha */
  power: (x, alpha) => x ** alpha,
} satisfies Record<string, Activate>

/**
 * An activation of a graph, entry by entry.
 *
 * @useDeclaredType
 */
export type ActivationName = keyof typeof activations

export const activationNames = Object.keys(activations) as ActivationName[]

export const activationOf = (name: ActivationName): Activate => activations[name]
