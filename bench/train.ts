/**
 * Speed of the training step at the paper's sizes (observations 17, actions 6, student 128 x 128, critics 256 x 256, batch 256), as one JSON
 * object. Blocks of every measurement are interleaved and medians taken, so that a busy machine slows all of them alike.
 */
import { availableParallelism, cpus } from 'node:os'
import { authorsDefaults, type StepConfig } from '../trainer/kernels/config.ts'
import { cpuFeatures, instantiateKernels } from '../trainer/kernels/kernels.ts'
import { Trainer } from '../trainer/kernels/trainer.ts'
import { randomStream } from '../trainer/random.ts'
import { productFlops } from './flops.ts'

const rounds = 9
const blockMilliseconds = 1200

const config: StepConfig = {
  ...authorsDefaults,
  ...{ observationSize: 17, actionSize: 6, actionLow: new Array(6).fill(-1), actionHigh: new Array(6).fill(1) },
  capacity: 20_000,
  kl: { shape: 'linear', nu: 4, cap: 2, steps: 1_000_000 },
}

function newTrainer(threads: number): Trainer {
  const trainer = new Trainer(config, { seed: 1, threads })
  const random = randomStream(1, 'bench')
  for (let i = 0; i < trainer.data.length; i++) trainer.data[i] = random.normal()
  for (let i = trainer.rowLength - 1; i < trainer.data.length; i += trainer.rowLength) trainer.data[i] = 0
  trainer.count = config.capacity
  trainer.setMode('paper')
  trainer.initialiseStudent(randomStream(1, 'student'))
  trainer.initialiseCritics(randomStream(1, 'critics'))
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
  const kernels = instantiateKernels(memory, true)
  const wide = cpuFeatures().wide ? 1 : 0
  const stride = 1088
  const [edge, zeros, a, b, c] = [1024, 4096, 8192, 524288, 1048576]
  return () => kernels.product(wide, edge, 256, 256, 256, a, stride, 4, b, stride, c, stride, zeros, 0, -Infinity)
}

const median = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1]

const product = newProduct()
const [one, two] = [newTrainer(1), newTrainer(2)]
const measured = { product: [] as number[], one: [] as number[], two: [] as number[], speedup: [] as number[] }
for (const trainer of [one, two]) trainer.run(40)
for (let round = 0; round < rounds; round++) {
  measured.product.push(rate(product))
  const single = rate(() => one.run(10)) * 10
  const double = rate(() => two.run(10)) * 10
  measured.one.push(single)
  measured.two.push(double)
  measured.speedup.push(double / single)
}
one.close()
two.close()

const flops = productFlops(config, 'paper')
const productRate = median(measured.product) * 2 * 256 ** 3
const round = (x: number, digits = 4) => Number(x.toPrecision(digits))
console.log(
  JSON.stringify({
    oneThread: {
      stepsPerSecond: round(median(measured.one)),
      fractionOfProductRate: round((median(measured.one) * flops) / productRate),
    },
    twoThreads: { stepsPerSecond: round(median(measured.two)), speedup: round(median(measured.speedup)) },
    productGflops: round(productRate / 1e9),
    megaflopsPerStep: round(flops / 1e6),
    machine: { cpu: cpus()[0].model, cores: availableParallelism(), node: process.versions.node, ...cpuFeatures() },
  }),
)
