/** Distills a student and writes it as a .bpd file: the trainer's last word. */
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { Contract, Network } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import type { Transitions } from '../data/transitions.ts'
import { controllerOf } from '../tasks/evaluate.ts'
import { createTask, prepareTask } from '../tasks/registry.ts'
import { teacherController } from '../teachers/policy.ts'
import { contractOf, type Teacher } from '../teachers/teacher.ts'
import type { Checkpoints } from './checkpoint.ts'
import { type Distilled, type DistillRun, distill } from './distill.ts'
import { rangeOf } from './observation-bounds.ts'
import { type DistillOptions, distillDefaults, recipeOf } from './options.ts'
import type { Cut } from './points.ts'
import type { DistillJob } from './session.ts'

/** observations whose actions every student file promises */
const goldens = 8

/** A distilled student. */
export interface Student {
  /** of its .bpd file */
  bytes: Uint8Array
  /** files of all that were tuned, in their order */
  points: Uint8Array[]
  distilled: Distilled
}

/** The file depends on the arguments alone: no date, no machine in it. */
export async function makeStudent(
  taskName: string,
  teacher: Teacher,
  transitions: Transitions,
  options: DistillOptions,
  run: Omit<DistillRun, 'checkpoints'> & { checkpoints?: (job: DistillJob) => Checkpoints } = {},
): Promise<Student> {
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  const golden = spreadObservations(transitions, goldens)
  const encode = (network: Network, contract: Contract) => encodePolicy(network, contract, golden)
  // the student's output is squashed as it was trained: tanh
  const unbounded = contractOf(spec, 'tanh', {})
  const { observationBounds: outside, observationMargin } = options
  const bounds = outside && rangeOf(transitions, outside, observationMargin)
  const plain = { ...unbounded, observation: { ...unbounded.observation, ...bounds } }
  const ship = (network: Network, cut: number, studentWeights: number) => {
    const method = 'Bayesian Policy Distillation'
    // files say threshold of a budget too, as they always have: the same run makes the same bytes
    const provenance = { method, threshold: cut, studentWeights, recipe: uncommon(options) }
    return encode(network, { ...plain, provenance })
  }
  const job: DistillJob = {
    createTask: () => createTask(taskName),
    teacher: teacherController(teacher, spec),
    transitions,
    controllerOf: (network) => controllerOf(loadPolicy(encode(network, plain), 'student')),
    bytesOf: (...student) => ship(...student).length,
    options,
  }
  const distilled = await distill(job, { ...run, checkpoints: run.checkpoints?.(job) })
  const { studentWeights, candidates } = distilled
  const fileOf = ({ network, threshold, budget }: Cut & { network: Network }) =>
    ship(network, (threshold ?? budget)!, studentWeights)
  return { bytes: fileOf(distilled), points: candidates.map(fileOf), distilled }
}

/** Options that differ from the defaults: small, and an option added later does not change the file. */
function uncommon(options: DistillOptions): Record<string, unknown> {
  const defaults: Record<string, unknown> = distillDefaults
  const differs = ([name, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(defaults[name])
  return Object.fromEntries(Object.entries(recipeOf(options)).filter(differs))
}

/** Observations of `count` transitions, evenly spread over the data. */
export function spreadObservations(transitions: Transitions, count: number): Float32Array[] {
  return Array.from({ length: Math.min(count, transitions.count) }, (_, i) => {
    const row = Math.floor(((i + 0.5) * transitions.count) / count)
    return transitions.read(row, 1).slice(0, transitions.observationSize)
  })
}
