import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { StepConfig } from '../../../trainer/kernels/config.ts'
import { initialiseCritics, initialisePlainActor } from '../../../trainer/kernels/initialise.ts'
import { SoftActorCritic } from '../../../trainer/kernels/soft-actor-critic.ts'
import { td3Settings } from '../../../trainer/kernels/step/td3.ts'
import type { Trainer } from '../../../trainer/kernels/trainer.ts'
import { randomStream } from '../../../trainer/random.ts'
import { configOf, type Shape, tensorsOf, trainerOf } from '../../support/reference-step.ts'

const shape: Shape = { observations: 5, actions: 2, hidden: [32, 40], criticHidden: [48, 33], batch: 37 }

/** SHA-256 of every value, moment and target, its beginning. */
function bitsOf(trainer: Trainer): string {
  const hash = createHash('sha256')
  for (const block of ['value', 'mean', 'square', 'target'] as const)
    for (const values of tensorsOf(trainer, block).values()) hash.update(new Uint8Array(values.buffer))
  return hash.digest('hex').slice(0, 16)
}

/** Of plain SIMD, which gives the same on every CPU. A change of these is a change of every result that was ever published. */
describe('training gives the bits that it always gave, without --fused', () => {
  it.each([
    ['BPD, by the paper', 'paper', {}, '49191c0043d75f96'],
    ['BPD, by the official formula', 'official', {}, 'f88001cc86e5c2e9'],
    ['cloning alone', 'paper', { valueWeight: 0 }, '54e042026f8b76aa'],
    ['a plain student', 'none', {}, '45c580e87966d135'],
    ['BPD without a hidden layer', 'paper', { hidden: [] }, 'dce33f49b6b47b65'],
    ['TD3', 'none', { ...td3Settings, policyDelay: 3 }, 'd5b5f040f09e2791'],
  ] as [string, 'paper' | 'official' | 'none', Partial<StepConfig>, string][])('%s', async (_, mode, given, bits) => {
    for (const [threads, wide] of [
      [1, true],
      [2, false],
    ] as const) {
      const trainer = await trainerOf('fast', configOf(shape, given), mode, { threads, wide, relaxed: false })
      trainer.run(20)
      expect(bitsOf(trainer)).toBe(bits)
      await trainer.close()
    }
  })

  it('BPD with a mask, L1 and another rate', async () => {
    const trainer = await trainerOf('fast', configOf(shape), 'paper', { relaxed: false, masked: true })
    trainer.shrinkage = 1e-4
    trainer.rateFactor = 0.5
    trainer.run(20)
    expect(bitsOf(trainer)).toBe('939c91a19cadc63b')
  })

  it('SAC', () => {
    const config = configOf(shape, { ...td3Settings, smoothing: undefined })
    const trainer = new SoftActorCritic(config, { seed: 7, relaxed: false })
    const random = randomStream(7, 'data')
    trainer.data.forEach((_, i) => {
      trainer.data[i] =
        i % trainer.rowLength === trainer.rowLength - 1 ? Number(random.uniform() < 0.2) : random.normal()
    })
    trainer.count = config.capacity
    trainer.setMode('none')
    initialisePlainActor(trainer.networks, random)
    initialiseCritics(trainer.networks, random)
    trainer.run(20)
    const action = new Float32Array(2)
    trainer.explore([0.1, 0.2, 0.3, 0.4, 0.5], action, random)
    expect(bitsOf(trainer)).toBe('da913c8dbdd5f31b')
    expect(action).toEqual(Float32Array.of(0.11931291967630386, -0.14699093997478485))
    expect(trainer.alpha).toBe(0.994025107675998)
  })
})
