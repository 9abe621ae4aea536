/** What `bench:board` measures: pairs of a dense policy and a sparse student, as .bpd files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { encodePolicy } from '../runtime-as/format/encode.ts'
import type { Activation, Contract, Layer, Network, ValueType } from '../runtime-as/format/network.ts'
import { compact } from '../trainer/distill/compact.ts'
import { quantise } from '../trainer/distill/quantise.ts'
import { type Random, randomStream } from '../trainer/random.ts'
import { createTask, prepareTask } from '../trainer/tasks/registry.ts'
import { teacherPolicy } from '../trainer/teachers/policy.ts'
import { readSafetensors } from '../trainer/teachers/safetensors.ts'
import { loadTeacher, requirePlain } from '../trainer/teachers/teacher.ts'

export interface BoardCase {
  name: string
  dense: Uint8Array
  student: Uint8Array
}

const root = new URL('..', import.meta.url)
const path = (relative: string): string => new URL(relative, root).pathname
const GOLDENS = 4
/** Students of a model folder: the offline one, and the one of fewest bytes. */
const SHIPPED = [
  { file: 'student.bpd', suffix: '' },
  { file: 'smallest.bpd', suffix: '-smallest' },
]

export async function boardCases(): Promise<BoardCase[]> {
  const cases = [pendulumPaper(), halfCheetah(path('test/fixtures/students/halfcheetah-2682.safetensors'))]
  for (const name of readdirSync(path('models')).sort())
    for (const { file, suffix } of SHIPPED)
      if (existsSync(path(`models/${name}/${file}`))) cases.push(await shipped(name, file, `${name}${suffix}`))
  return cases
}

/** The paper's pendulum: 25-256-256-1; its student has 1,108 weights, and 90 and 70 units that are not constant. */
const paperStudent = (): Network => sparseNetwork([25, 90, 70, 1], 1108)

export function pendulumPaper(): BoardCase {
  return pair('pendulum-paper', denseNetwork([25, 256, 256, 1], 'pendulum-paper'), paperStudent())
}

/** Observations to choose scales on. */
const CALIBRATION = 256

/** The student of pendulum-paper with narrower weights, in the smallest file: two golden vectors. */
export const paperFile = (values: ValueType): Uint8Array => quantised('pendulum-paper', paperStudent(), values, 2)

/** A student of 17-128-128-6 with 387 weights, of whose units 110 are not constant. */
export const smallFile = (values: ValueType): Uint8Array =>
  quantised('small-387', sparseNetwork([17, 60, 50, 6], 387), values, GOLDENS)

/** A layer of relu with weights at random places, before one dense action. */
export function layerFile(values: ValueType, rows: number, columns: number, density: number): Uint8Array {
  const random = randomStream(1, 'bench', 'layer', rows, columns)
  const weights = (l: number) =>
    Float32Array.from({ length: l === 0 ? rows * columns : rows }, () => {
      const weight = random.normal()
      return l === 0 && random.uniform(0, 1) >= density ? 0 : weight
    })
  return quantised('layer', network([columns, rows, 1], weights, random), values, GOLDENS)
}

function quantised(name: string, network: Network, values: ValueType, goldens: number): Uint8Array {
  const small = quantise(network, values, observations(network, CALIBRATION, name, 'calibration'))
  return encodePolicy(small, contractOf(network), observations(network, goldens, name, 'golden'))
}

/** A trained student, beside a teacher of the size that it was distilled from. The file holds its layers with zeros, and no metadata. */
function halfCheetah(file: string): BoardCase {
  const { tensors } = readSafetensors(readFileSync(file), file)
  const tensor = (name: string) => tensors.get(name)?.values as Float32Array
  const sizes = [17, 128, 128, 6]
  const layers = sizes.slice(1).map((outputs, l): Layer => {
    const activation: Activation = l === 2 ? 'tanh' : 'relu'
    const [weights, bias] = [tensor(`actor.${l}.weight`), tensor(`actor.${l}.bias`)]
    return { inputs: sizes[l], outputs, activation, weights, bias }
  })
  return pair('halfcheetah-2682', denseNetwork([17, 400, 300, 6], 'halfcheetah-2682'), compact({ layers }))
}

/** A model folder: the student's own file, and the task's teacher on the student's golden observations. */
async function shipped(model: string, file: string, name: string): Promise<BoardCase> {
  const student = readFileSync(path(`models/${model}/${file}`))
  const { contract, goldens } = decodePolicy(student, name)
  await prepareTask(contract.task)
  const teacher = requirePlain(loadTeacher(path(`models/${model}/teacher.safetensors`)), name)
  const goldenObservations = goldens.map(({ observation }) => observation)
  return { name, dense: teacherPolicy(teacher, createTask(contract.task).spec, goldenObservations), student }
}

function pair(name: string, dense: Network, student: Network): BoardCase {
  const golden = observations(dense, GOLDENS, name, 'golden')
  const contract = contractOf(dense)
  return { name, dense: encodePolicy(dense, contract, golden), student: encodePolicy(student, contract, golden) }
}

function observations({ layers }: Network, count: number, name: string, purpose: string): Float32Array[] {
  const random = randomStream(1, 'bench', name, purpose)
  return Array.from({ length: count }, () => Float32Array.from({ length: layers[0].inputs }, () => random.normal()))
}

function contractOf({ layers }: Network): Contract {
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`)
  const action = names('u', layers[layers.length - 1].outputs)
  const all = (value: number) => action.map(() => value)
  return {
    task: 'bench',
    observation: { names: names('x', layers[0].inputs) },
    action: { names: action, low: all(-1), high: all(1), failsafe: all(0) },
    squash: 'tanh',
    period: 0.02,
    provenance: {},
  }
}

function network(sizes: number[], weightsOf: (layer: number) => Float32Array, random: Random): Network {
  return {
    layers: sizes.slice(1).map((outputs, l): Layer => {
      const activation: Activation = l === sizes.length - 2 ? 'tanh' : 'relu'
      const bias = Float32Array.from({ length: outputs }, () => 0.1 * random.normal())
      return { inputs: sizes[l], outputs, activation, weights: weightsOf(l), bias }
    }),
  }
}

function denseNetwork(sizes: number[], name: string): Network {
  const random = randomStream(1, 'bench', name, 'dense')
  const weights = (l: number) =>
    Float32Array.from({ length: sizes[l] * sizes[l + 1] }, () => Math.sqrt(2 / sizes[l]) * random.normal())
  return network(sizes, weights, random)
}

/** Weights at random places, such that every hidden unit has at least one to it and one from it. */
function sparseNetwork(sizes: number[], count: number): Network {
  const random = randomStream(1, 'bench', 'sparse', count)
  const layers = sizes.slice(1).map((outputs, l) => new Float32Array(outputs * sizes[l]))
  let placed = 0
  const place = (l: number, row: number, column: number) => {
    const at = row * sizes[l] + column
    if (layers[l][at] !== 0) return
    layers[l][at] = 0.7 * random.normal()
    placed++
  }
  for (let l = 0; l < layers.length; l++) {
    for (let row = 0; row < sizes[l + 1]; row++) place(l, row, random.below(sizes[l]))
    for (let column = 0; l > 0 && column < sizes[l]; column++) place(l, random.below(sizes[l + 1]), column)
  }
  const places = layers.reduce((sum, { length }) => sum + length, 0)
  while (placed < count) {
    let at = random.below(places)
    let l = 0
    for (; at >= layers[l].length; l++) at -= layers[l].length
    place(l, Math.floor(at / sizes[l]), at % sizes[l])
  }
  return network(sizes, (l) => layers[l], random)
}
