/** A helper thread of the trainer: waits for the control block's command word to move, runs its share of the steps, says so. */
import { workerData } from 'node:worker_threads'
import type { StepConfig } from './config.ts'
import { instantiateKernels } from './kernels.ts'
import { control, Step, StepMemory } from './step.ts'

export interface WorkerOptions {
  config: StepConfig
  memory: WebAssembly.Memory
  wide: boolean
  relaxed: boolean
  thread: number
  threads: number
  /** address of the transitions */
  data: number
}

const { config, memory, wide, relaxed, thread, threads, data } = workerData as WorkerOptions
const layout = new StepMemory(config, wide, data)
const buffer = memory.buffer as unknown as SharedArrayBuffer
const step = new Step(layout, instantiateKernels(memory, relaxed), buffer, thread, threads)
const words = new Int32Array(buffer, layout.control, 64)

for (let seen = 0; ; ) {
  Atomics.wait(words, control.command, seen)
  const command = Atomics.load(words, control.command)
  if (command === seen) continue
  if (command < 0) break
  seen = command
  step.run()
}
