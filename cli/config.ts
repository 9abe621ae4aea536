/** Options of a verb from a JSON or YAML file: what they are is what the same words on the command line would be. */
import { closeSync, openSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Command, Option } from 'commander'
import { InputError } from '../runtime-as/errors.ts'
import { isNamedPipe, reading } from '../trainer/files/access.ts'
import { brief } from '../trainer/files/brief.ts'
import type { Parser } from './parser.ts'

/** bytes; what a verb takes is a thousandth of it */
const LARGEST = 1_000_000

/** Sets the verb's options to what the file says, but for those on the command line. Keys are long names without the dashes. */
export function takeConfig(verb: Command, file: string): void {
  const entries = Object.entries(readMap(file))
  // how errors are told comes before what may be one
  entries.sort(([a], [b]) => Number(b === 'json') - Number(a === 'json'))
  for (const [key, value] of entries) {
    const option = verb.options.find(({ long, negate }) => long === `--${key}` && !negate)
    if (option === undefined || key === 'config')
      throw new InputError(`${file}: ${key}: bpd ${verb.name()} has no such option`)
    const name = option.attributeName()
    const read = optionValue(option, value, `${file}: ${key}`)
    const fromFlag = verb.getOptionValueSource(name) === 'cli'
    if (!fromFlag && read !== option.defaultValue) verb.setOptionValueWithSource(name, read, 'config')
  }
}

function readMap(file: string): object {
  const text = readText(file)
  // loaded only where it is used: it takes longer than most of the rest
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw new InputError(`${file}: neither JSON nor YAML: ${error.message.split(':\n')[0]}`)
  let map: unknown
  try {
    map = document.toJS()
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`)
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new InputError(`${file}: expected options as a map, "steps: 8000"`)
  return map
}

/** where: file and key, for messages */
function optionValue(option: Option, value: unknown, where: string): unknown {
  const parse = option.parseArg as Parser<unknown> | undefined
  const takes = option.isBoolean() ? 'switch' : (parse?.takes ?? 'text')
  const { expected, texts } = readers[takes]
  const read = texts(value)
  if (read === undefined) throw new InputError(`${where}: ${shown(value)}, expected ${expected}`)
  if (takes === 'switch') return value
  try {
    return read.reduce<unknown>((before, text) => (parse ? parse(text, before) : text), undefined)
  } catch (error) {
    // the parser's refusal
    throw new InputError(`${where}: ${shown(value)}: ${(error as Error).message}`)
  }
}

type Texts = readonly string[] | undefined

/** A list of plain values as it is written, which people get wrong; anything else short, as it may hold itself. */
function shown(value: unknown): string {
  if (!Array.isArray(value) || value.length > 10) return brief(value)
  return `[${value.map(brief).join(',')}]`
}

/** The file may be a pipe or a device, which has no size: what is read is bounded. */
function readText(file: string): string {
  if (isNamedPipe(file)) throw new InputError(`${file}: a named pipe, expected a file`)
  return reading(file, () => {
    const bytes = Buffer.alloc(LARGEST + 1)
    const descriptor = openSync(file, 'r')
    let size = 0
    try {
      for (let got = 1; got > 0 && size < bytes.length; size += got)
        got = readSync(descriptor, bytes, size, bytes.length - size, null)
    } finally {
      closeSync(descriptor)
    }
    if (size > LARGEST) throw new InputError(`${file}: more than ${LARGEST} bytes, expected at most that`)
    return bytes.toString('utf8', 0, size)
  })
}

/** What stands for an option in a file, as the texts of the command line; undefined: something else. */
const readers: Record<string, { expected: string; texts(value: unknown): Texts }> = {
  switch: { expected: 'true or false', texts: (value) => (typeof value === 'boolean' ? [] : undefined) },
  number: { expected: 'a number', texts: (value) => (typeof value === 'number' ? [`${value}`] : undefined) },
  text: { expected: 'a text', texts: (value) => (typeof value === 'string' ? [value] : undefined) },
  list: {
    expected: 'a list of numbers or names',
    // the word for no list at all stands as it does on the command line
    texts: (value) =>
      value === 'none' ? ['none'] : Array.isArray(value) && value.every(isItem) ? [value.join(',')] : undefined,
  },
  many: {
    expected: 'a list of texts',
    texts: (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined),
  },
}

const isItem = (item: unknown): boolean => typeof item === 'number' || (typeof item === 'string' && !item.includes(','))
