/**
 * Speed of the training step at the paper's sizes (observations 17, actions 6, student 128 x 128, critics 256 x 256, batch 256), as one JSON
 * object. Blocks of every measurement are interleaved and medians taken, so that a busy machine slows all of them alike.
 */

import { availableParallelism, cpus } from 'node:os'
import { loadBackend } from '../trainer/kernels/backend.ts'
import { authorsDefaults, type StepConfig } from '../trainer/kernels/config.ts'
import { cpuFeatures } from '../trainer/kernels/cpu.ts'
import { initialiseCritics, initialiseStudent } from '../trainer/kernels/initialise.ts'
import { instantiateKernels } from '../trainer/kernels/kernels.ts'
import { startTensorflow } from '../trainer/kernels/reference/tensorflow.ts'
import { Lane } from '../trainer/kernels/step/lane.ts'
import type { Trainer } from '../trainer/kernels/trainer.ts'
import { randomStream } from '../trainer/random.ts'
import { productFlops } from './flops.ts'

const rounds = 9
const blockMilliseconds = 1200

const config: StepConfig = {
  ...authorsDefaults,
  observationSize: 17,
  actionSize: 6,
  actionLow: new Array(6).fill(-1),
  actionHigh: new Array(6).fill(1),
  capacity: 20_000,
  kl: { shape: 'linear', nu: 4, cap: 2, steps: 1_000_000 },
}

async function newTrainer(threads: number, backend: 'fast' | 'reference' = 'fast', own = config): Promise<Trainer> {
  const trainer = new (await loadBackend(backend))(own, { seed: 1, threads })
  const random = randomStream(1, 'bench')
  for (let i = 0; i < trainer.data.length; i++) trainer.data[i] = random.normal()
  for (let i = trainer.rowLength - 1; i < trainer.data.length; i += trainer.rowLength) trainer.data[i] = 0
  trainer.count = config.capacity
  trainer.setMode('paper')
  initialiseStudent(trainer.networks, randomStream(1, 'student'))
  if (own.valueWeight > 0) initialiseCritics(trainer.networks, randomStream(1, 'critics'))
  return trainer
}

/** Calls per second of `work`, over about one block. */
function rate(work: () => void): number {
  const started = performance.now()
  let calls = 0
  do {
    work()
    calls++
  } while (performance.now() - started < blockMilliseconds)
  return (1000 * calls) / (performance.now() - started)
}

/** One 256 x 256 x 256 product per call, by the kernel that the step uses. */
function newProduct(): () => void {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const buffer = memory.buffer as unknown as SharedArrayBuffer
  const matrix = (at: number) => ({ at, rows: 256, columns: 256, stride: 1088 })
  const [zeros, a, b, c] = [4096, 8192, 524288, 1048576].map(matrix)
  const { wide } = cpuFeatures()
  const kernels = instantiateKernels(memory, true)
  const lane = new Lane({ kernels, buffer, wide, zeros, edge: 1024, thread: 0, threads: 1 })
  return () => lane.product(c, a, b)
}

const median = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1]

const product = newProduct()
const [one, two] = [await newTrainer(1), await newTrainer(2)]
const [readable, without] = [
  await newTrainer(1, 'reference'),
  await newTrainer(1, 'fast', { ...config, valueWeight: 0 }),
]
const names = ['product', 'one', 'two', 'speedup', 'reference', 'ratio', 'without', 'factor', 'fraction'] as const
const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
  (typeof names)[number],
  number[]
>
for (const trainer of [one, two, without]) trainer.run(40)
readable.run(4)
const flops = productFlops(config, 'paper')
const productFlop = 2 * 256 ** 3
for (let round = 0; round < rounds; round++) {
  const products = rate(product)
  const single = rate(() => one.run(10)) * 10
  const double = rate(() => two.run(10)) * 10
  const slow = rate(() => readable.run(10)) * 10
  const critic = rate(() => without.run(20)) * 20
  const ratios = { speedup: double / single, ratio: single / slow, factor: critic / single }
  const fraction = (single * flops) / (products * productFlop)
  const all = { product: products, one: single, two: double, reference: slow, without: critic, fraction, ...ratios }
  for (const name of names) measured[name].push(all[name])
}
for (const trainer of [one, two, readable, without]) trainer.close()

const round = (name: (typeof names)[number], scale = 1) => Number((median(measured[name]) * scale).toPrecision(4))
console.log(
  JSON.stringify({
    oneThread: { stepsPerSecond: round('one'), fractionOfProductRate: round('fraction') },
    twoThreads: { stepsPerSecond: round('two'), speedup: round('speedup') },
    reference: { stepsPerSecond: round('reference'), ratio: round('ratio'), backend: await startTensorflow() },
    withoutCritics: { stepsPerSecond: round('without'), factor: round('factor') },
    productGflops: round('product', productFlop / 1e9),
    megaflopsPerStep: Number((flops / 1e6).toPrecision(4)),
    machine: { cpu: cpus()[0].model, cores: availableParallelism(), node: process.versions.node, ...cpuFeatures() },
  }),
)
