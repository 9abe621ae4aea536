/** The readable step on tfjs-node and on tfjs' wasm, from the same parameters with the same minibatches and noise: one JSON object. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import type { NoiseMode, StepConfig } from '../../../trainer/kernels/config.ts'
import { startTensorflow } from '../../../trainer/kernels/reference/tensorflow.ts'
import type { Trainer } from '../../../trainer/kernels/trainer.ts'
import { configOf, type Shape, tensorsOf, trainerOf, worst } from '../reference-step.ts'

const backends = ['tensorflow', 'wasm'] as const
const odd: Shape = { observations: 5, actions: 2, hidden: [32, 40], criticHidden: [48, 33], batch: 37 }
const paper: Shape = { observations: 17, actions: 6, hidden: [128, 128], criticHidden: [256, 256], batch: 256 }
const smoothing = { sigma: 0.2, clip: 0.5 }
const cases: [mode: NoiseMode, shape: Shape, given?: Partial<StepConfig>][] = [
  ['paper', odd],
  ['official', odd],
  ['none', odd, { smoothing }],
  ['none', odd, { valueWeight: 0 }],
  ['paper', paper],
  ['official', paper],
]
const [rounds, stepsARound] = [5, 10]

const backend = await startTensorflow()

/** Two trainers of the same seed, and each its steps on its own backend. */
async function pair(config: StepConfig, mode: NoiseMode) {
  const trainers = [await trainerOf('reference', config, mode), await trainerOf('reference', config, mode)]
  return async (work: (trainer: Trainer, i: number) => void): Promise<Trainer[]> => {
    for (const [i, name] of backends.entries()) {
      if (!(await tf.setBackend(name))) throw new Error(`${name} does not start`)
      work(trainers[i], i)
    }
    return trainers
  }
}

const found = { difference: 0, of: '' }
for (const [mode, shape, given] of cases) {
  // with policyDelay 1 the first step updates everything, and Adam's first moments are a tenth of the gradients
  const onBoth = await pair(configOf(shape, { policyDelay: 1, ...given }), mode)
  for (const steps of [1, 2]) {
    const [native, wasm] = await onBoth((trainer) => trainer.run(steps))
    for (const block of ['mean', 'value', 'target'] as const) {
      const { name, error } = worst(tensorsOf(native, block), tensorsOf(wasm, block))
      if (error <= found.difference) continue
      Object.assign(found, { difference: error, of: `${block} of ${name}, ${mode} noise, batch ${shape.batch}` })
    }
  }
}

const speeds: number[][] = [[], []]
const onBoth = await pair(configOf(paper), 'paper')
await onBoth((trainer) => trainer.run(2))
for (let round = 0; round < rounds; round++)
  await onBoth((trainer, i) => {
    const started = performance.now()
    trainer.run(stepsARound)
    speeds[i].push((1000 * stepsARound) / (performance.now() - started))
  })
const median = (values: number[]) => Number(values.sort((a, b) => a - b)[values.length >> 1].toPrecision(3))
const stepsPerSecond = Object.fromEntries(backends.map((name, i) => [name, median(speeds[i])]))
console.log(JSON.stringify({ backend, stepsPerSecond, largestRelativeDifference: found.difference, of: found.of }))
