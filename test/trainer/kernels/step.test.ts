import { describe, expect, it } from 'vitest'
import type { Layer } from '../../../runtime-as/format/network.ts'
import type { StepConfig } from '../../../trainer/kernels/config.ts'
import { cpuFeatures } from '../../../trainer/kernels/cpu.ts'
import { initialiseCritics, initialiseStudent } from '../../../trainer/kernels/initialise.ts'
import type { KernelOptions } from '../../../trainer/kernels/kernels.ts'
import type { Matrix } from '../../../trainer/kernels/layout.ts'
import { Trainer } from '../../../trainer/kernels/trainer.ts'
import { randomStream } from '../../../trainer/random.ts'
import { largestDifference, readVectors, relativeError } from '../../support/vectors.ts'

const config = (chunks: 1 | 2): StepConfig => ({
  observationSize: 5,
  actionSize: 2,
  actionLow: [-2, -2],
  actionHigh: [2, 2],
  hidden: [32, 32],
  criticHidden: [64, 64],
  batchSize: 16,
  chunks,
  capacity: 64,
  discount: 0.99,
  tau: 0.005,
  policyDelay: 2,
  actorRate: 3e-4,
  criticRate: 3e-4,
  dataScale: 1000,
  valueWeight: 0.5,
  cloneWeight: 1,
  kl: { shape: 'constant', nu: 0, cap: 0.37, steps: 2 },
})

/** A trainer that starts from the vectors' parameters and is fed their minibatches and noise. */
function replaying(mode: 'paper' | 'official', chunks: 1 | 2, options: KernelOptions = {}) {
  const vectors = readVectors(mode)
  const get = (name: string) => vectors.get(name)!
  const put = (trainer: Trainer, c: number, { at, rows, columns, stride }: Matrix, name: string) => {
    for (let r = 0; r < rows; r++) {
      const row = get(name).subarray((c * rows + r) * columns, (c * rows + r + 1) * columns)
      trainer.f32.set(row, (at + r * stride) / 4)
    }
  }
  const trainer = new Trainer(config(chunks), {
    ...options,
    seed: 1,
    replay: (t) => ({
      batch(c, step) {
        const { state, action, reward, next, terminal } = t.memory.chunks[c]
        put(t, c, state, `step${step}.states`)
        put(t, c, action, `step${step}.actions`)
        put(t, c, reward, `step${step}.rewards`)
        put(t, c, next, `step${step}.next_states`)
        put(t, c, terminal, `step${step}.terminals`)
      },
      noise(c, step, of) {
        t.memory.chunks[c].actor.layers.forEach(({ noise }, l) => {
          put(t, c, noise, `step${step}.noise.${of}.${l}`)
        })
      },
    }),
  })
  const student = (name: string) =>
    [0, 1, 2].map((l) => ({
      theta: get(`${name}.${l}.theta`),
      logSigma: get(`${name}.${l}.log_sigma`),
      bias: get(`${name}.${l}.bias`),
    }))
  const critic = (name: string): Layer[] =>
    trainer.networks.criticSizes.map((size, l) => ({
      ...size,
      activation: 'relu',
      weights: get(`${name}.${l}.weight`),
      bias: get(`${name}.${l}.bias`),
    }))
  trainer.setMode(mode)
  trainer.networks.writeActor(student('before.actor'), 'live')
  trainer.networks.writeActor(student('before.actor_target'), 'target')
  for (const i of [0, 1]) {
    trainer.networks.writeCritic(i, critic(`before.critic.q${i + 1}`), 'live')
    trainer.networks.writeCritic(i, critic(`before.critic_target.q${i + 1}`), 'target')
  }
  return { trainer, student, critic }
}

describe.each(['paper', 'official'] as const)(
  'two training steps by the %s noise formula, against fixed vectors',
  (mode) => {
    it.each([
      [1, true],
      [1, false],
      [2, true],
    ] as const)('%i chunk(s), wide tile %s: gradients to 1e-4 relative L2, parameters to 1e-5', (chunks, wide) => {
      const { trainer, student, critic } = replaying(mode, chunks, { wide })
      for (const step of [1, 2]) {
        trainer.run(1)
        for (const i of [0, 1]) {
          const wanted = critic(`step${step}.grad.critic.q${i + 1}`)
          trainer.networks.criticGradients(i).forEach((layer, l) => {
            expect(relativeError(layer.weights, wanted[l].weights)).toBeLessThan(1e-4)
            expect(relativeError(layer.bias, wanted[l].bias)).toBeLessThan(1e-4)
          })
        }
      }
      // the actor moved once, so Adam's first moment is a tenth of the gradient it was handed (the KL term included)
      const wantedGradient = student('step2.grad.actor')
      const { actor } = trainer.memory
      for (const [block, read] of [
        [actor.theta.mean, (l: number) => wantedGradient[l].theta],
        [actor.logSigma.mean, (l: number) => wantedGradient[l].logSigma],
      ] as const) {
        actor.layouts.forEach((_, l) => {
          const gradient = trainer.networks.readMatrix(block, l).map((m) => 10 * m)
          expect(relativeError(gradient, read(l))).toBeLessThan(1e-4)
        })
      }
      for (const [from, name] of [
        ['live', 'after.actor'],
        ['target', 'after.actor_target'],
      ] as const) {
        const wanted = student(name)
        trainer.networks.readActor(from).forEach((layer, l) => {
          expect(largestDifference(layer.theta, wanted[l].theta)).toBeLessThan(1e-5)
          expect(largestDifference(layer.logSigma, wanted[l].logSigma)).toBeLessThan(1e-5)
          expect(largestDifference(layer.bias, wanted[l].bias)).toBeLessThan(1e-5)
        })
      }
      const { critics } = trainer.memory
      for (const i of [0, 1]) {
        for (const [block, name] of [
          [critics.parameters.value, 'after.critic'],
          [critics.parameters.target, 'after.critic_target'],
        ] as const) {
          const wanted = critic(`${name}.q${i + 1}`)
          trainer.networks.readCritic(i, block).forEach((layer, l) => {
            expect(largestDifference(layer.weights, wanted[l].weights)).toBeLessThan(1e-5)
            expect(largestDifference(layer.bias, wanted[l].bias)).toBeLessThan(1e-5)
          })
        }
      }
    })
  },
)

describe('same seed, same bits', () => {
  const sizes = (chunks: 1 | 2) => ({ ...config(chunks), batchSize: 50, observationSize: 7 })
  const fill = (trainer: Trainer) => {
    const random = randomStream(5, 'data')
    trainer.data.forEach((_, i) => {
      trainer.data[i] = random.normal()
    })
    trainer.count = 64
  }
  const bitsOf = (trainer: Trainer) => {
    trainer.setMode('paper')
    initialiseStudent(trainer.networks, randomStream(5, 'student'))
    initialiseCritics(trainer.networks, randomStream(5, 'critics'))
    for (let block = 0; block < 10; block++) trainer.run(20)
    return trainer.networks.readActor().map((layer) => [layer.theta, layer.logSigma, layer.bias])
  }
  const trained = (threads: number, options: KernelOptions, chunks: 1 | 2 = 2, seed = 5) => {
    const trainer = new Trainer(sizes(chunks), { seed, threads, ...options })
    fill(trainer)
    const bits = bitsOf(trainer)
    trainer.close()
    return bits
  }
  const one = trained(1, { wide: true })

  it('one thread or two', () => {
    expect(trained(2, { wide: true })).toEqual(one)
  })

  it('wide or narrow tile', () => {
    expect(trained(1, { wide: false })).toEqual(one)
  })

  it('plain SIMD: threads and tiles again; against relaxed SIMD only where the CPU does not fuse', () => {
    const plain = trained(1, { wide: true, relaxed: false })
    expect(trained(2, { wide: false, relaxed: false })).toEqual(plain)
    if (cpuFeatures().fused) expect(plain).not.toEqual(one)
    else expect(plain).toEqual(one)
    plain.flat().forEach((values, i) => {
      expect(largestDifference(values, one.flat()[i])).toBeLessThan(1e-2)
    })
  })

  it("in another trainer's memory, on the transitions that lie there", async () => {
    for (const threads of [1, 2]) {
      const large = { ...sizes(2), hidden: [70, 50] }
      const before = new Trainer(large, { seed: 9, threads, wide: true })
      fill(before)
      bitsOf(before)
      await before.close()
      const after = new Trainer(sizes(2), { seed: 5, threads, wide: true, reuse: before })
      expect(after.count).toBe(64)
      expect(bitsOf(after)).toEqual(one)
      await after.close()
      expect(() => new Trainer(large, { seed: 5, reuse: after })).not.toThrow()
      const larger = { ...large, hidden: [700, 500] }
      expect(() => new Trainer(larger, { seed: 5, reuse: after })).toThrow('bytes of parameters')
    }
  })

  it('but not another number of chunks, or another seed: these change the sums', () => {
    expect(trained(1, { wide: true }, 1)).not.toEqual(one)
    expect(trained(1, { wide: true }, 2, 6)).not.toEqual(one)
  })
})
