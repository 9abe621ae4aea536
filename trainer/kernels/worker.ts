/** A helper thread of the trainer: runs its share of the steps whenever the control block says so. */
import { workerData } from 'node:worker_threads'
import type { StepConfig } from './config.ts'
import { instantiateKernels } from './kernels.ts'
import { Step } from './step/bpd.ts'
import { Control } from './step/control.ts'
import { StepMemory } from './step/memory.ts'

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
const control = new Control(buffer, layout.control)
const lane = layout.lane(instantiateKernels(memory, relaxed), buffer, { thread, threads })
const step = new Step(layout, lane, control)
control.follow(() => step.run())
