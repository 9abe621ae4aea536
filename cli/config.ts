/** Options of a verb from a JSON or YAML file: what they are is what the same words on the command line would be. */
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Command, Option } from 'commander'
import { InputError } from '../runtime-as/errors.ts'
import { notRead } from '../trainer/files/access.ts'
import type { Parser } from './parser.ts'

/** bytes; what a verb takes is a thousandth of it */
const LARGEST = 1_000_000

/** Sets the verb's options to what the file says, but for those on the command line. Keys are long names without the dashes. */
export function takeConfig(verb: Command, file: string): void {
  for (const [key, value] of Object.entries(readMap(file))) {
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
  if (read === undefined) throw new InputError(`${where}: ${JSON.stringify(value)}, expected ${expected}`)
  if (takes === 'switch') return value
  try {
    return read.reduce<unknown>((before, text) => (parse ? parse(text, before) : text), undefined)
  } catch (error) {
    // the parser's refusal
    throw new InputError(`${where}: ${JSON.stringify(value)}: ${(error as Error).message}`)
  }
}

type Texts = readonly string[] | undefined

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size <= LARGEST) return readFileSync(file, 'utf8')
    throw new InputError(`${file}: ${size} bytes, expected at most ${LARGEST}`)
  } catch (error) {
    throw notRead(file, error)
  }
}

/** What stands for an option in a file, as the texts of the command line; undefined: something else. */
const readers: Record<string, { expected: string; texts(value: unknown): Texts }> = {
  switch: { expected: 'true or false', texts: (value) => (typeof value === 'boolean' ? [] : undefined) },
  number: { expected: 'a number', texts: (value) => (typeof value === 'number' ? [`${value}`] : undefined) },
  text: { expected: 'a text', texts: (value) => (typeof value === 'string' ? [value] : undefined) },
  list: {
    expected: 'a list of numbers or names',
    texts: (value) => (Array.isArray(value) && value.every(isItem) ? [value.join(',')] : undefined),
  },
  many: {
    expected: 'a list of texts',
    texts: (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined),
  },
}

const isItem = (item: unknown): boolean => typeof item === 'number' || (typeof item === 'string' && !item.includes(','))
