/** How much arithmetic a training step is: its matrix products, from the shapes. Everything elementwise is left out. */
import type { NoiseMode, StepConfig } from '../trainer/kernels/config.ts'

/**
 * Floating-point operations (a multiply-add counts two) of the matrix products of one step, on average over `policyDelay` steps:
 *
 *   every step          target student on s' (means and, with noise, variances), both target critics on (s', a'), both critics on (s, a) and back
 *   every policyDelay   student on s and back, Q1 on (s, pi(s)) and back to the action
 *
 * Back through a layer is two products of its forward size (by the weights, by the input); the first layer has none by the input.
 */
export function productFlops(config: StepConfig, mode: NoiseMode): number {
  const { observationSize, actionSize, hidden, criticHidden, batchSize: batch, policyDelay, valueWeight } = config
  const layers = (sizes: number[]) => sizes.slice(1).map((outputs, i) => 2 * batch * sizes[i] * outputs)
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const student = layers([observationSize, ...hidden, actionSize])
  const critic = layers([observationSize + actionSize, ...criticHidden, 1])
  // with noise every product is made twice: with the means, and with the variances
  const twice = mode === 'none' ? 1 : 2
  const back = (forward: number[]) => 2 * sum(forward) - forward[0]
  const every = twice * sum(student) + 2 * sum(critic) + 2 * (sum(critic) + back(critic))
  const actor = twice * (sum(student) + back(student))
  // through Q1 to the action only: by the inputs of every layer, of the first layer's the action's columns
  const throughQ = sum(critic) + sum(critic.slice(1)) + 2 * batch * actionSize * criticHidden[0]
  return valueWeight > 0 ? every + (actor + throughQ) / policyDelay : actor / policyDelay
}
