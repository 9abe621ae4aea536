/** The fast step and the readable reference side by side: same parameters, same minibatches, same noise. */

import { loadBackend } from '../../trainer/kernels/backend.ts'
import { authorsDefaults, type NoiseMode, type StepConfig } from '../../trainer/kernels/config.ts'
import { initialiseCritics } from '../../trainer/kernels/initialise.ts'
import type { KernelOptions } from '../../trainer/kernels/kernels.ts'
import type { Trainer } from '../../trainer/kernels/trainer.ts'
import { randomStream } from '../../trainer/random.ts'
import { relativeError } from './vectors.ts'

export interface Shape {
  observations: number
  actions: number
  hidden: number[]
  criticHidden: number[]
  batch: number
}

export const configOf = (shape: Shape, given: Partial<StepConfig> = {}): StepConfig => ({
  ...authorsDefaults,
  observationSize: shape.observations,
  actionSize: shape.actions,
  actionLow: new Array(shape.actions).fill(-1.5),
  actionHigh: new Array(shape.actions).fill(0.5),
  hidden: shape.hidden,
  criticHidden: shape.criticHidden,
  batchSize: shape.batch,
  capacity: 300,
  dataScale: 1000,
  kl: { shape: 'linear', nu: 4, cap: 2, steps: 8 },
  ...given,
})

/** A trainer with random data, and a student and critics whose every term counts: not the tiny weights of a fresh student. */
export async function trainerOf(
  backend: 'fast' | 'reference',
  config: StepConfig,
  mode: NoiseMode,
  { masked = false, ...options }: KernelOptions & { masked?: boolean; threads?: number } = {},
): Promise<Trainer> {
  const Backend = await loadBackend(backend)
  const trainer = new Backend(config, { seed: 7, ...options })
  const random = randomStream(7, 'reference')
  for (let i = 0; i < trainer.data.length; i++)
    trainer.data[i] = i % trainer.rowLength === trainer.rowLength - 1 ? Number(random.uniform() < 0.1) : random.normal()
  trainer.count = config.capacity
  trainer.setMode(mode, { masked })
  const student = () =>
    trainer.memory.actor.layouts.map(({ inputs, outputs }) => ({
      theta: Float32Array.from({ length: inputs * outputs }, () => random.normal() / Math.sqrt(inputs)),
      logSigma: Float32Array.from({ length: inputs * outputs }, () => random.uniform(-5, -1)),
      bias: Float32Array.from({ length: outputs }, () => 0.1 * random.normal()),
    }))
  trainer.networks.writeActor(student(), 'live')
  trainer.networks.writeActor(student(), 'target')
  initialiseCritics(trainer.networks, random)
  trainer.networks.setMask(
    trainer.memory.actor.layouts.map(({ inputs, outputs }) =>
      Float32Array.from({ length: inputs * outputs }, () => Number(random.uniform() < 0.7)),
    ),
  )
  return trainer
}

/** Every trained tensor by name, out of one kind of block: the values, Adam's moments, or the targets. */
export function tensorsOf(trainer: Trainer, block: 'value' | 'mean' | 'square' | 'target'): Map<string, Float32Array> {
  const { actor, critics } = trainer.memory
  const tensors = new Map<string, Float32Array>()
  actor.layouts.forEach((_, l) => {
    tensors.set(`student theta ${l}`, trainer.networks.readMatrix(actor.theta[block], l))
    tensors.set(`student log sigma ${l}`, trainer.networks.readMatrix(actor.logSigma[block], l))
    tensors.set(`student bias ${l}`, trainer.networks.readBias(actor.theta[block], l))
  })
  for (const i of [0, 1])
    trainer.networks.readCritic(i, critics.parameters[block]).forEach(({ weights, bias }, l) => {
      tensors.set(`critic ${i} weights ${l}`, weights)
      tensors.set(`critic ${i} bias ${l}`, bias)
    })
  return tensors
}

/** The largest relative L2 difference of two trainers' tensors, and whose it is; Infinity where one has NaN. */
export function worst(a: Map<string, Float32Array>, b: Map<string, Float32Array>): { name: string; error: number } {
  const errors = [...a].map(([name, values]) => {
    const other = b.get(name)!
    const same = values.every((x, i) => x === other[i])
    const error = same ? 0 : relativeError(values, other)
    return { name, error: Number.isNaN(error) ? Infinity : error }
  })
  return errors.reduce((x, y) => (y.error > x.error ? y : x))
}
