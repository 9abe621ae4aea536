/**
 * TD3 (Fujimoto, van Hoof, Meger 2018, arXiv 1802.09477). Its critics are those of every step here; all of it is the step of `bpd.ts` with
 * the settings below. On a batch, with pi' the target actor's actions:
 *
 *   y = r + gamma (1 - terminal) min(Q1', Q2')(s', pi'(s'))        critics: L_Q = mean (Q1 - y)^2 + mean (Q2 - y)^2
 */
import type { StepConfig } from '../config.ts'
import type { Lane } from './lane.ts'
import type { Chunk, StepMemory } from './memory.ts'

/** Reinforcement learning without a teacher: no cloning, and clipped noise on the target's actions in place of a noisy student. */
export const td3Settings = {
  // Adam does not care how large the actor's loss is: without cloning these only say "maximise Q"
  dataScale: 1,
  valueWeight: 1,
  cloneWeight: 0,
  smoothing: { sigma: 0.2, clip: 0.5 },
} as const satisfies Partial<StepConfig>

/** Gradients of both critics on a chunk, where the actor has left its actions for the next states; gives the sum of squared errors. */
export function criticGradients(lane: Lane, { config, critics }: StepMemory, chunk: Chunk): number {
  const { state, action, next, critics: pass } = chunk
  critics.join(lane, pass, next, chunk.actor.action)
  for (let i = 0; i < 2; i++) critics.forward(lane, pass, critics.target[i], pass.q[i])
  lane.targets(pass.target, chunk, pass.q, config.discount)
  critics.join(lane, pass, state, action)
  let error = 0
  for (let i = 0; i < 2; i++) {
    critics.forward(lane, pass, critics.live[i], pass.q[i])
    error += lane.squaredErrorGradient(pass.byQ, pass.q[i], pass.target, 2 / config.batchSize)
    critics.backward(lane, pass, i)
  }
  return error
}
