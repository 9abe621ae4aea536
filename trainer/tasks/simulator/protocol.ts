/** The protocol of simulators in processes of their own, version 1: see docs/simulator-protocol.md. */
import { Field } from '../../files/field.ts'
import { checkSpec, specNames, survivalBonusIn } from '../own/check-spec.ts'
import { checkRecipe } from '../own/recipe.ts'
import type { TaskRecipe, TaskSpec } from '../task.ts'

const PROTOCOL = 'bpd-simulator-1'

const numbers = ['f32', 'f64'] as const
type Numbers = (typeof numbers)[number]

/** What the first line says. */
export interface Hello {
  spec: TaskSpec
  recipe: TaskRecipe
  survivalBonus?: number
  numbers: Numbers
}

/** Throws InputError that names field and expectation. name: how errors call the process */
export function readHello(line: string, name: string): Hello {
  const all = Field.parse(name, 'first line of its output', line)
  const said = new Field(name, '', all.map())
  said.at('protocol').mustBe(PROTOCOL)
  said.only(['protocol', ...specNames, 'numbers', 'recipe', 'survivalBonus'])
  return {
    spec: checkSpec(said),
    recipe: checkRecipe(said.at('recipe')),
    ...survivalBonusIn(said),
    numbers: said.at('numbers').oneOf(numbers),
  }
}

const RESET = 1
const STEP = 2

/** bytes before what a message brings: how many follow, what it is, its count */
const HEAD = 9

function framed(kind: number, count: number, size: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(HEAD + size))
  view.setUint32(0, HEAD - 4 + size, true)
  view.setUint8(4, kind)
  view.setUint32(5, count, true)
  return view
}

/** count: of the message, modulo 2^32; its answer says it again. seed: 32 bits */
export function resetMessage(count: number, seed: number): Uint8Array<ArrayBuffer> {
  const view = framed(RESET, count, 4)
  view.setUint32(HEAD, seed, true)
  return new Uint8Array(view.buffer)
}

export function stepMessage(count: number, action: ArrayLike<number>, numbers: Numbers): Uint8Array<ArrayBuffer> {
  const size = bytesOf(numbers)
  const view = framed(STEP, count, action.length * size)
  for (let i = 0; i < action.length; i++) {
    if (size === 4) view.setFloat32(HEAD + 4 * i, action[i], true)
    else view.setFloat64(HEAD + 8 * i, action[i], true)
  }
  return new Uint8Array(view.buffer)
}

const bytesOf = (numbers: Numbers): 4 | 8 => (numbers === 'f32' ? 4 : 8)

/** bytes before the numbers of an answer: its flag, the count of what it answers */
const ANSWER_HEAD = 5

export interface Answer {
  terminated: boolean
  reward: number
}

/** Reads the answer to message `count`, its length left out; writes the observation. What is wrong with it, in words, where it is no answer. */
export function readAnswer(
  body: Uint8Array,
  count: number,
  numbers: Numbers,
  observation: Float64Array,
): Answer | string {
  const size = bytesOf(numbers)
  const expected = ANSWER_HEAD + (1 + observation.length) * size
  if (body.length !== expected)
    return `an answer of ${body.length} bytes, expected ${expected}: a flag, the count, the reward and ${observation.length} observations as ${numbers}`
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const flag = view.getUint8(0)
  if (flag > 1) return `an answer with the flag ${flag}, expected 0, or 1 where the episode has ended`
  const answered = view.getUint32(1, true)
  if (answered !== count) return `an answer to message ${answered}, expected one to message ${count}`
  const number = (i: number) =>
    size === 4 ? view.getFloat32(ANSWER_HEAD + 4 * i, true) : view.getFloat64(ANSWER_HEAD + 8 * i, true)
  for (let i = 0; i < observation.length; i++) observation[i] = number(1 + i)
  return { terminated: flag === 1, reward: number(0) }
}
