/** The examples in the comments of what the package exports, and how they are run: each in a folder of its own, one after the other in one process. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './pages.ts'

/** What can be imported, and the file that says what it exports. */
export const entries: Record<string, string> = {
  bpd: 'runtime-as/index.ts',
  'bpd/board': 'firmware-bridge/index.ts',
  'bpd/train': 'trainer/index.ts',
  'bpd/export': 'runtime-as/exports/index.ts',
}

export interface ApiExample {
  /** of the function or class */
  name: string
  /** what it is imported from */
  entry: string
  code: string
}

/** Every example, in the order of the entries. A function or class that lacks one is not among them. */
export const apiExamples = (): ApiExample[] =>
  Object.entries(entries).flatMap(([entry, index]) =>
    exportsOf(index).flatMap(({ name, file }) =>
      examplesOf(readFileSync(file, 'utf8'), name).map((code) => ({ name, entry, code })),
    ),
  )

/** The values that an entry takes from other files; types have no example. */
function exportsOf(index: string): { name: string; file: string }[] {
  const path = join(root, index)
  return [...readFileSync(path, 'utf8').matchAll(/^export \{(.*?)\} from '(.*?)'$/gms)].flatMap(([, names, from]) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => ({ name, file: join(dirname(path), from) })),
  )
}

/** The text behind each @example of the comment right before the declaration of `name`, without the stars. */
function examplesOf(source: string, name: string): string[] {
  const declared = new RegExp(`^export (?:async )?(?:function\\*?|class|const) ${name}\\b`, 'm').exec(source)
  if (declared === null) throw new Error(`${name}: expected a declaration`)
  const before = source.slice(0, declared.index)
  if (!before.endsWith('*/\n')) return []
  const comment = before.slice(before.lastIndexOf('/**'))
  const text = comment.replace(/\s*\*\/\n$/, '\n').replace(/^ \* ?/gm, '')
  return text
    .split(/^@/m)
    .filter((tag) => tag.startsWith('example\n'))
    .map((tag) => tag.slice('example\n'.length))
}

/** What the examples find beside them. */
const beside = ['student.bpd', 'teacher.safetensors']

/** Runs the examples whose folders it is given, all without any, and tells of each, in JSON, what it printed and what it threw. */
const RUNNER = `import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'

const here = process.cwd()
const given = process.argv.slice(2)
const all = readdirSync(here).filter((name) => /^\\d+$/.test(name)).sort((a, b) => a - b)
const told = []
for (const number of given.length > 0 ? given : all) {
  const folder = join(here, number)
  process.chdir(folder)
  const printed = []
  console.log = (...words) => printed.push(format(...words))
  let error
  try {
    await import(pathToFileURL(join(folder, 'example.js')))
  } catch (thrown) {
    error = thrown?.stack ?? String(thrown)
  }
  told.push({ printed: printed.join('\\n'), error })
}
process.stdout.write(JSON.stringify(told))
`

/** What run.js tells of one example. */
export interface Ran {
  printed: string
  /** with its stack; absent: it ran to its end */
  error?: string
}

/** What the comments of an example promise to be printed, `// => …`, in order; … stands for anything. */
export const promised = (code: string): RegExp[] =>
  [...code.matchAll(/ \/\/ => (.*)$/gm)].map(([, text]) => new RegExp(`^${escaped(text).replaceAll('…', '.*')}$`, 'm'))

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * Lays the examples out in an empty folder: run.js, and in a folder a number example.js, the same as example.ts, and the files that it reads.
 * There `bpd` is `installed`: a folder with the package in it.
 */
export function layOut(examples: readonly ApiExample[], folder: string, installed: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(installed, join(folder, 'node_modules/bpd'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(folder, 'run.js'), RUNNER)
  for (const [number, { code }] of examples.entries()) {
    const own = join(folder, `${number}`)
    mkdirSync(own)
    for (const file of beside) cpSync(join(root, 'models/pendulum', file), join(own, file))
    for (const extension of ['js', 'ts']) writeFileSync(join(own, `example.${extension}`), code)
  }
}
