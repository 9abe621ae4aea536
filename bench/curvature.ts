/**
 * How long the curvature of a student takes that nothing is pruned of yet, on as many states as a cut looks at, against one pass of the same network over
 * them: one JSON object a task.
 */

import { type States, sensitivity } from '../trainer/distill/prune/curvature.ts'
import { STATES } from '../trainer/distill/stages/stages.ts'
import type { VariationalLayer } from '../trainer/kernels/networks.ts'
import { randomStream } from '../trainer/random.ts'
import { createTask, paperTasks, prepareTask } from '../trainer/tasks/registry.ts'

const random = randomStream(1, 'bench')
const draw = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal())

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]
function seconds(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    work()
    return (performance.now() - began) / 1000
  })
  return median(times)
}

/** The actions alone, as plain as the curvature is written. */
function forward(layers: readonly VariationalLayer[], { observations }: States, inputs: number): number {
  let sum = 0
  for (let state = 0; state < STATES; state++) {
    let x: ArrayLike<number> = observations.subarray(state * inputs, (state + 1) * inputs)
    for (const { theta, bias } of layers) {
      const y = new Float64Array(bias.length)
      for (let row = 0, at = 0; row < y.length; row++) {
        y[row] = bias[row]
        for (let i = 0; i < x.length; i++, at++) y[row] += theta[at] * x[i]
        if (y[row] < 0) y[row] = 0
      }
      x = y
    }
    sum += x[0]
  }
  return sum
}

const rows = []
for (const task of paperTasks()) {
  await prepareTask(task)
  const { observationNames, actionNames } = createTask(task).spec
  const [o, a] = [observationNames.length, actionNames.length]
  const sizes = [o, 128, 128, a]
  const layers = sizes.slice(1).map((outputs, l) => ({
    theta: draw(outputs * sizes[l], 1 / Math.sqrt(sizes[l])),
    logSigma: new Float32Array(outputs * sizes[l]),
    bias: new Float32Array(outputs),
  }))
  const all = (x: number) => new Array<number>(a).fill(x)
  const states = { observations: draw(STATES * o), wanted: draw(STATES * a), half: all(1), middle: all(0) }
  const own = seconds(() => sensitivity(layers, states))
  const pass = seconds(() => forward(layers, states, o))
  rows.push({ task, sizes, states: STATES, seconds: Number(own.toFixed(3)), passes: Number((own / pass).toFixed(1)) })
}
console.log(JSON.stringify(rows, null, 2))
process.exit()
