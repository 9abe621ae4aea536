/** What teachers are trained by: an algorithm is a class of `trainer/kernels` and one entry here. */
import type { StepConfig } from '../kernels/config.ts'
import { SoftActorCritic } from '../kernels/soft-actor-critic.ts'
import { Trainer } from '../kernels/trainer.ts'
import type { Random } from '../random.ts'

export interface LearnerOptions {
  /** TD3's exploration noise, in units of half the action range; SAC draws from its policy */
  exploration: number
  /** of all random numbers; the same seed gives the same bytes */
  seed: number
  /** of the training step; the result does not depend on it */
  threads: number
  /** fused multiply-add where the CPU has it: faster, but other last bits than on a CPU without */
  fused: boolean
}

export interface Learner {
  trainer: Trainer
  /** writes the action to learn from, noise included */
  explore(observation: Float64Array, action: Float32Array, random: Random): void
}

export const algorithms = {
  td3(config: StepConfig, { exploration, seed, threads, fused }: LearnerOptions): Learner {
    const trainer = new Trainer(config, { seed, threads, relaxed: fused })
    return {
      trainer,
      explore(observation, action, random) {
        trainer.act(observation, action)
        for (let i = 0; i < action.length; i++) {
          const [low, high] = [config.actionLow[i], config.actionHigh[i]]
          const noisy = action[i] + (exploration * (high - low) * random.normal()) / 2
          action[i] = Math.max(low, Math.min(high, noisy))
        }
      },
    }
  },

  sac(config: StepConfig, { seed, fused }: LearnerOptions): Learner {
    const trainer = new SoftActorCritic(config, { seed, relaxed: fused })
    return { trainer, explore: (observation, action, random) => trainer.explore(observation, action, random) }
  },
} as const

export type Algorithm = keyof typeof algorithms
export const algorithmNames = Object.keys(algorithms) as Algorithm[]

/** Options that have no effect with an algorithm: one draws from its policy, on one thread. */
export const unusedBy: Record<Algorithm, readonly (keyof LearnerOptions)[]> = {
  td3: [],
  sac: ['exploration', 'threads'],
}
