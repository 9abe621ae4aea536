/** The protocol of simulators in processes of their own, version 1: see README.md beside this file. */
import { Field } from '../../files/field.ts'
import { checkSpec } from '../own/check-spec.ts'
import { checkRecipe } from '../own/recipe.ts'
import type { TaskRecipe, TaskSpec } from '../task.ts'

const PROTOCOL = 'bpd-simulator-1'

const numbers = ['f32', 'f64'] as const
type Numbers = (typeof numbers)[number]

/** What the first line says. */
export interface Hello {
  spec: TaskSpec
  recipe: TaskRecipe
  numbers: Numbers
}

/** Throws InputError that names field and expectation. name: how errors call the process */
export function readHello(line: string, name: string): Hello {
  const all = Field.parse(name, 'first line of its output', line)
  const said = new Field(name, '', all.map())
  said.at('protocol').mustBe(PROTOCOL)
  return {
    spec: checkSpec(said),
    recipe: checkRecipe(said.at('recipe')),
    numbers: said.at('numbers').oneOf(numbers),
  }
}

const RESET = 1
const STEP = 2

/** A message to the process: how many bytes follow, what it is, and its numbers. */
function framed(kind: number, size: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(5 + size))
  view.setUint32(0, 1 + size, true)
  view.setUint8(4, kind)
  return view
}

/** seed: 32 bits */
export function resetMessage(seed: number): Uint8Array<ArrayBuffer> {
  const view = framed(RESET, 4)
  view.setUint32(5, seed, true)
  return new Uint8Array(view.buffer)
}

export function stepMessage(action: ArrayLike<number>, numbers: Numbers): Uint8Array<ArrayBuffer> {
  const size = bytesOf(numbers)
  const view = framed(STEP, action.length * size)
  for (let i = 0; i < action.length; i++) {
    if (size === 4) view.setFloat32(5 + 4 * i, action[i], true)
    else view.setFloat64(5 + 8 * i, action[i], true)
  }
  return new Uint8Array(view.buffer)
}

const bytesOf = (numbers: Numbers): 4 | 8 => (numbers === 'f32' ? 4 : 8)

export interface Answer {
  terminated: boolean
  reward: number
}

/** Reads an answer, its length left out; writes the observation. What is wrong with it, in words, where it is no answer. */
export function readAnswer(body: Uint8Array, numbers: Numbers, observation: Float64Array): Answer | string {
  const size = bytesOf(numbers)
  const expected = 1 + (1 + observation.length) * size
  if (body.length !== expected)
    return `an answer of ${body.length} bytes, expected ${expected}: a flag, the reward and ${observation.length} observations as ${numbers}`
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const flag = view.getUint8(0)
  if (flag > 1) return `an answer with the flag ${flag}, expected 0, or 1 where the episode has ended`
  const number = (i: number) => (size === 4 ? view.getFloat32(1 + 4 * i, true) : view.getFloat64(1 + 8 * i, true))
  for (let i = 0; i < observation.length; i++) observation[i] = number(1 + i)
  return { terminated: flag === 1, reward: number(0) }
}
