/** How networks begin. */
import type { Random } from '../random.ts'
import type { Networks } from './networks.ts'

/** The authors' start: theta ~ N(0, 0.02^2), log sigma = -5, zero biases; targets equal. */
export function initialiseStudent(networks: Networks, random: Random): void {
  networks.writeActor(
    networks.actorSizes.map(({ inputs, outputs }) => ({
      theta: Float32Array.from({ length: inputs * outputs }, () => 0.02 * random.normal()),
      logSigma: new Float32Array(inputs * outputs).fill(-5),
      bias: new Float32Array(outputs),
    })),
  )
}

/** PyTorch's default for a plain network: weights and biases uniform within 1 / sqrt(inputs). */
export function initialisePlainActor(networks: Networks, random: Random): void {
  networks.writeActor(
    networks.actorSizes.map(({ inputs, outputs }) => {
      const bound = 1 / Math.sqrt(inputs)
      return {
        theta: Float32Array.from({ length: inputs * outputs }, () => random.uniform(-bound, bound)),
        logSigma: new Float32Array(inputs * outputs).fill(-5),
        bias: Float32Array.from({ length: outputs }, () => random.uniform(-bound, bound)),
      }
    }),
  )
}

/** Weights and biases of both critics uniform within 1 / sqrt(inputs); targets equal. */
export function initialiseCritics(networks: Networks, random: Random): void {
  for (let i = 0; i < 2; i++) {
    networks.writeCritic(
      i,
      networks.criticSizes.map(({ inputs, outputs }) => {
        const bound = 1 / Math.sqrt(inputs)
        return {
          inputs,
          outputs,
          activation: outputs === 1 ? 'none' : 'relu',
          weights: Float32Array.from({ length: inputs * outputs }, () => random.uniform(-bound, bound)),
          bias: Float32Array.from({ length: outputs }, () => random.uniform(-bound, bound)),
        }
      }),
    )
  }
}
