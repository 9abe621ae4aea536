/** A teacher that acts: a plain one by the kernel of every student, in Node and on a board; any other by its graph, in Node alone. */
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { policyIn } from '../../runtime-as/format/envelope.ts'
import { type Network, observationBounds } from '../../runtime-as/format/network.ts'
import { loadPolicy, type Policy } from '../../runtime-as/kernel/policy.ts'
import type { PolicyContract } from '../contract.ts'
import { randomStream } from '../random.ts'
import { type Controller, controllerOf } from '../tasks/evaluate.ts'
import { graphRunner } from './graph/run.ts'
import {
  contractOf,
  decodeTeacher,
  encodeTeacher,
  type GeneralTeacher,
  type PlainTeacher,
  requireFit,
  type Teacher,
  teacherSizes,
} from './teacher.ts'

/** A plain teacher as a .bpd file. golden: observations whose actions the file promises */
export const teacherPolicy = (teacher: PlainTeacher, spec: PolicyContract, golden: Float32Array[]): Uint8Array =>
  encodePolicy(teacher.network, contractOf(spec, teacher.squash, {}), golden)

/** What a board is measured with in place of a teacher that it cannot run. */
export const standInNote = 'a dense ReLU network of its sizes in its place: boards run ReLU and tanh'

/** What stands for a teacher on a board, as a .bpd file: itself, or a dense ReLU network of its sizes (`standIn`). */
export function boardPolicy(
  teacher: Teacher,
  spec: PolicyContract,
  golden: Float32Array[],
): { bytes: Uint8Array; standIn: boolean } {
  if (teacher.network) return { bytes: teacherPolicy(teacher, spec, golden), standIn: false }
  return { bytes: encodePolicy(denseNetwork(teacher), contractOf(spec, 'clip', {}), golden), standIn: true }
}

/** Dense layers with ReLU of a teacher's sizes; the weights are drawn. */
function denseNetwork(teacher: GeneralTeacher): Network {
  const { observations, hidden, actions } = teacherSizes(teacher)
  const sizes = [observations, ...hidden, actions]
  const random = randomStream(1, 'stand-in')
  const layers = sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l]
    const weights = Float32Array.from({ length: inputs * outputs }, () => random.normal() / Math.sqrt(inputs))
    const activation = l === sizes.length - 2 ? ('none' as const) : ('relu' as const)
    return { inputs, outputs, activation, weights, bias: new Float32Array(outputs) }
  })
  return { layers }
}

/** What workers run: the bytes of a .bpd file where the teacher has such a form, else those of its own file. */
export const actingBytes = (teacher: Teacher, spec: PolicyContract): Uint8Array =>
  teacher.network
    ? teacherPolicy(teacher, spec, [new Float32Array(spec.observationNames.length)])
    : encodeTeacher(teacher)

/** The actor of such bytes, signed ones too; `bounded` where they are a .bpd file that bounds observations, and counts those outside. */
export function actorOf(given: Uint8Array, spec: PolicyContract): { control: Controller; bounded?: Policy } {
  const bytes = policyIn(given, 'policy')
  // the byte that every .bpd file begins with
  if (bytes[0] !== 0x84) return { control: controllerWithin(decodeTeacher(bytes, 'teacher'), spec) }
  const policy = loadPolicy(bytes)
  return { control: controllerOf(policy), ...(observationBounds(policy.contract) && { bounded: policy }) }
}

/**
 * A teacher that acts, in f32, actions in their units, within the task's bounds; the middle of them where a general one gives NaN. Throws
 * InputError for a teacher of other sizes than the task's, or that says other bounds.
 *
 * @param teacher as `loadTeacher` gives it
 * @param spec of the task
 *
 * @example
 * import { createTask, loadTeacher, prepareTask, teacherController } from 'bpd/train'
 *
 * await prepareTask('pendulum')
 * const control = teacherController(loadTeacher('teacher.safetensors'), createTask('pendulum').spec)
 * const action = new Float32Array(1)
 * control([1, 0, 0], action)
 * console.log(action[0])
 */
export function teacherController(teacher: Teacher, spec: PolicyContract): Controller {
  requireFit(teacher, spec, 'teacher')
  return controllerWithin(teacher, spec)
}

/** The same where the teacher's own bounds may be others: what it squashes is scaled to those of `spec`. */
export function controllerWithin(teacher: Teacher, spec: PolicyContract): Controller {
  return teacher.network
    ? controllerOf(loadPolicy(actingBytes(teacher, spec), 'teacher'))
    : graphController(teacher, spec)
}

function graphController({ graph, squash }: GeneralTeacher, { actionLow, actionHigh }: PolicyContract): Controller {
  const run = graphRunner(graph)
  const observed = new Float32Array(graph.observations)
  return (observation, action) => {
    observed.set(observation)
    const y = run(observed)
    for (let i = 0; i < y.length; i++) {
      const [low, high] = [actionLow[i], actionHigh[i]]
      const middle = (low + high) / 2
      const z = squash === 'tanh' ? middle + ((high - low) / 2) * y[i] : y[i]
      action[i] = Number.isNaN(z) ? middle : Math.min(high, Math.max(low, z))
    }
  }
}
