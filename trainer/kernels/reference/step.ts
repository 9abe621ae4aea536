/**
 * One step of Bayesian Policy Distillation as one reads it in the paper: whole matrices, gradients by automatic differentiation. Nothing here
 * is fast. The kernels beside it are tested against it, term by term and gradient by gradient.
 *
 *   critics  L_Q = mean (Q1 - y)^2 + mean (Q2 - y)^2,    y = r + gamma (1 - terminal) min(Q1', Q2')(s', pi'(s'))
 *   student  L   = -lambda mean Q1(s, pi(s)) + |D| mean (pi(s) - a)^2 + eta KL,    lambda = h |D| / mean |Q1(s, pi(s))|
 *
 * Shapes in comments; B is the batch.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { NoiseMode, StepConfig } from '../config.ts'

/** What is trained, with Adam's two moments and the Polyak average that serves as the target. All of one shape. */
export interface Parameter {
  value: tf.Variable
  mean: tf.Variable
  square: tf.Variable
  target: tf.Variable
}

/** Weights N(theta, exp(2 logSigma)), both (inputs, outputs), as is the mask; plain biases (1, outputs) */
export interface StudentLayer {
  theta: Parameter
  logSigma: Parameter
  bias: Parameter
  mask: tf.Tensor
}

/** weights (inputs, outputs), bias (1, outputs) */
export interface CriticLayer {
  weights: Parameter
  bias: Parameter
}

export interface Networks {
  student: StudentLayer[]
  critics: [CriticLayer[], CriticLayer[]]
}

/** states and actions (B, n), reward and terminal (B, 1) */
export interface Batch {
  state: tf.Tensor
  action: tf.Tensor
  /** to clone */
  wanted: tf.Tensor
  reward: tf.Tensor
  next: tf.Tensor
  terminal: tf.Tensor
}

export interface Settings {
  config: StepConfig
  mode: NoiseMode
  /** whether the mask of the student's weights holds */
  masked: boolean
  /** L1: by how much each weight moves towards zero after an update */
  shrinkage: number
}

type Part = 'value' | 'target'

/** a b. Transposes of the gradient are made explicitly: products of transposed matrices are several times slower in tfjs' wasm. */
const product = tf.customGrad((a, b, save) => {
  ;(save as tf.GradSaveFunc)([a as tf.Tensor, b as tf.Tensor])
  return {
    value: tf.matMul(a as tf.Tensor, b as tf.Tensor),
    gradFunc: (by: tf.Tensor, [a, b]: tf.Tensor[]) => [tf.matMul(by, tf.transpose(b)), tf.matMul(tf.transpose(a), by)],
  }
})

/** x, but a constant to the gradient */
const constant = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (by: tf.Tensor) => tf.zerosLike(by),
}))

/** Actions (B, actions) of states (B, observations); noise: standard normals, (B, outputs) a layer. */
export function act(layers: StudentLayer[], part: Part, x: tf.Tensor, noise: tf.Tensor[], s: Settings): tf.Tensor {
  layers.forEach((layer, l) => {
    const [theta, logSigma, bias] = [layer.theta[part], layer.logSigma[part], layer.bias[part]]
    let y = tf.add(product(x, theta), bias)
    const variance = tf.exp(tf.mul(2, logSigma))
    if (s.mode === 'paper') {
      const deviation = tf.sqrt(tf.add(product(tf.square(x), variance), 1e-8))
      y = tf.add(y, tf.mul(noise[l], deviation))
    }
    if (s.mode === 'official') {
      const spread = product(tf.abs(x), tf.add(variance, 1e-8))
      y = tf.add(y, tf.mul(noise[l], spread))
    }
    x = l < layers.length - 1 ? tf.relu(y) : tf.tanh(y)
  })
  const { middle, half } = bounds(s.config)
  return tf.add(middle, tf.mul(half, x))
}

const bounds = ({ actionLow: low, actionHigh: high }: StepConfig) => ({
  middle: low.map((l, i) => (high[i] + l) / 2),
  half: low.map((l, i) => (high[i] - l) / 2),
})

/** TD3's target policy smoothing: clipped noise on the target's action. */
function smooth(action: tf.Tensor, noise: tf.Tensor, config: StepConfig): tf.Tensor {
  if (!config.smoothing) return action
  const { sigma, clip } = config.smoothing
  const shift = tf.mul(tf.clipByValue(tf.mul(sigma, noise), -clip, clip), bounds(config).half)
  return tf.minimum(config.actionHigh, tf.maximum(config.actionLow, tf.add(action, shift)))
}

/** Values (B, 1) of states and actions. */
export function value(layers: CriticLayer[], part: Part, states: tf.Tensor, actions: tf.Tensor): tf.Tensor {
  let x = tf.concat([states, actions], 1)
  layers.forEach((layer, l) => {
    const y = tf.add(product(x, layer.weights[part]), layer.bias[part])
    x = l < layers.length - 1 ? tf.relu(y) : y
  })
  return x
}

/** Sum over the weights of KL(q || log-uniform prior), without the constant k1 (Molchanov et al. 2017, Eq. 14). */
export function klDivergence(layers: StudentLayer[]): tf.Tensor {
  const [k1, k2, k3] = [0.63576, 1.8732, 1.48695]
  const perLayer = layers.map(({ theta, logSigma }) => {
    const logTheta = tf.log(tf.add(tf.abs(theta.value), 1e-16))
    const logAlpha = tf.clipByValue(tf.sub(tf.mul(2, logSigma.value), tf.mul(2, logTheta)), -10, 10)
    const sigmoid = tf.sigmoid(tf.add(k2, tf.mul(k3, logAlpha)))
    return tf.sum(tf.sub(tf.mul(0.5, tf.log1p(tf.exp(tf.neg(logAlpha)))), tf.mul(k1, sigmoid)))
  })
  return tf.addN(perLayer)
}

/** Adam (Kingma, Ba 2015), update number t = 1, 2, … */
function adam({ value, mean, square }: Parameter, gradient: tf.Tensor, rate: number, t: number): void {
  mean.assign(tf.add(tf.mul(0.9, mean), tf.mul(0.1, gradient)))
  square.assign(tf.add(tf.mul(0.999, square), tf.mul(0.001, tf.square(gradient))))
  const [m, v] = [tf.div(mean, 1 - 0.9 ** t), tf.div(square, 1 - 0.999 ** t)]
  value.assign(tf.sub(value, tf.div(tf.mul(rate, m), tf.add(tf.sqrt(v), 1e-8))))
}

/** One Adam update of `parameters` down the gradient of the loss; gives the loss. */
function descend(parameters: Parameter[], loss: () => tf.Tensor, rate: number, t: number): number {
  const { value, grads } = tf.variableGrads(
    loss as () => tf.Scalar,
    parameters.map((p) => p.value),
  )
  for (const p of parameters) adam(p, grads[p.value.name], rate, t)
  return value.dataSync()[0]
}

const movePolyak = ({ value, target }: Parameter, tau: number) =>
  target.assign(tf.add(tf.mul(tau, value), tf.mul(1 - tau, target)))

const of = (layer: StudentLayer | CriticLayer, mode: NoiseMode): Parameter[] => {
  if ('weights' in layer) return [layer.weights, layer.bias]
  return mode === 'none' ? [layer.theta, layer.bias] : [layer.theta, layer.logSigma, layer.bias]
}

/** Update number t of both critics; gives the loss. noise: of the target student on the next states. */
export function criticStep(n: Networks, b: Batch, noise: tf.Tensor[], s: Settings, t: number): number {
  const { discount, criticRate } = s.config
  return tf.tidy(() => {
    const chosen = smooth(act(n.student, 'target', b.next, noise, s), noise[noise.length - 1], s.config)
    const [q1, q2] = n.critics.map((critic) => value(critic, 'target', b.next, chosen))
    const y = tf.add(b.reward, tf.mul(discount, tf.mul(tf.sub(1, b.terminal), tf.minimum(q1, q2))))
    const loss = () => {
      const errors = n.critics.map((critic) =>
        tf.mean(tf.squaredDifference(value(critic, 'value', b.state, b.action), y)),
      )
      return tf.addN(errors)
    }
    const parameters = n.critics.flat().flatMap((layer) => of(layer, s.mode))
    return descend(parameters, loss, criticRate, t)
  })
}

/** Terms of the student's loss, before their weights. */
export interface StudentTerms {
  meanQ: number
  meanAbsoluteQ: number
  clone: number
}

/** Update number t of the student, then the move of all targets. klWeight: eta; withValue: whether there are critics. */
export function studentStep(
  n: Networks,
  b: Batch,
  noise: tf.Tensor[],
  s: Settings,
  { t, rate, klWeight, withValue }: { t: number; rate: number; klWeight: number; withValue: boolean },
): StudentTerms {
  const { dataScale, valueWeight, cloneWeight, tau } = s.config
  const terms = { meanQ: 0, meanAbsoluteQ: 0, clone: 0 }
  const loss = () => {
    const actions = act(n.student, 'value', b.state, noise, s)
    const clone = tf.mean(tf.squaredDifference(actions, b.wanted))
    terms.clone = clone.dataSync()[0]
    let sum = tf.mul(cloneWeight * dataScale, clone)
    if (withValue) {
      const q = value(n.critics[0], 'value', b.state, actions)
      const [meanQ, meanAbsoluteQ] = [tf.mean(q), constant(tf.mean(tf.abs(q)))]
      terms.meanQ = meanQ.dataSync()[0]
      terms.meanAbsoluteQ = meanAbsoluteQ.dataSync()[0]
      const lambda = tf.div(valueWeight * dataScale, meanAbsoluteQ)
      sum = tf.sub(sum, tf.mul(lambda, meanQ))
    }
    return s.mode === 'none' ? sum : tf.add(sum, tf.mul(klWeight, klDivergence(n.student)))
  }
  tf.tidy(() => {
    const parameters = n.student.flatMap((layer) => of(layer, s.mode))
    descend(parameters, loss, rate, t)
    for (const { theta, mask } of n.student) {
      if (s.shrinkage > 0) {
        const size = tf.maximum(0, tf.sub(tf.abs(theta.value), s.shrinkage))
        theta.value.assign(tf.mul(tf.sign(theta.value), size))
      }
      if (s.masked) theta.value.assign(tf.mul(theta.value, mask))
    }
    // only the critics' targets need the student's
    if (!withValue) return
    for (const p of [...parameters, ...n.critics.flat().flatMap((layer) => of(layer, s.mode))]) movePolyak(p, tau)
  })
  return terms
}
