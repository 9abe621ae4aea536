import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programFor } from '../../cli/program.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { dataFormats } from '../../trainer/data/formats.ts'
import type { Kind } from '../../trainer/files/sniff.ts'
import { teacherKinds } from '../../trainer/teachers/import.ts'
import { bpdIn } from '../support/command.ts'
import { publicFiles, samples, writeTransitionsSample } from '../support/kinds.ts'

const program = await programFor([])

const folder = mkdtempSync(join(tmpdir(), 'bpd-kinds-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const [policy, teacher, archive, transitions] = ['policy', 'teacher', 'archive', 'transitions'].map(at)
const out = at('out')

const files: { kind: Kind; path: string }[] = [
  ...samples.map(({ kind, name }) => ({ kind, path: at(name) })),
  { kind: 'transitions', path: transitions },
  { kind: 'folder', path: at('folder') },
  ...(existsSync('/dev/zero') ? [{ kind: 'device' as const, path: '/dev/zero' }] : []),
  // opened, it would wait for a writer that never comes
  ...(spawnSync('mkfifo', [at('pipe')]).status === 0 ? [{ kind: 'pipe' as const, path: at('pipe') }] : []),
  ...publicFiles,
]

beforeAll(async () => {
  for (const { name, bytes } of samples) writeFileSync(at(name), bytes)
  await writeTransitionsSample(transitions)
  mkdirSync(at('folder'))
})

/** what `bpd import` and --teacher read */
const teachers: Kind[] = [...teacherKinds]
/** what --data and `bpd inspect` read */
const dataKinds: Kind[] = dataFormats.map(({ kind }) => kind)

/** Every place where a verb takes a file, and the kinds that it takes there. */
const places: [verb: string, kinds: Kind[], words: (file: string) => string[]][] = [
  ['eval', ['policy', ...teachers], (file) => ['eval', 'pendulum', file]],
  ['compare', ['policy', ...teachers], (file) => ['compare', 'pendulum', file, '--out', `${out}.html`]],
  [
    'compare --teacher',
    ['policy', ...teachers],
    (file) => ['compare', 'pendulum', '--teacher', file, '--out', `${out}.html`],
  ],
  ['check', ['policy', ...teachers], (file) => ['check', '--teacher', file, '--data', transitions]],
  ['inspect', ['policy', ...teachers, ...dataKinds], (file) => ['inspect', file]],
  ['export', ['policy'], (file) => ['export', file, '--form', 'c', '--out', `${out}.c`]],
  ['flash', ['policy'], (file) => ['flash', file, '--port', 'in-process']],
  ['bench', ['policy'], (file) => ['bench', file, '--port', 'in-process']],
  ['bench --teacher', ['policy', ...teachers], (file) => ['bench', policy, '--teacher', file, '--port', 'in-process']],
  ['loop', ['policy'], (file) => ['loop', 'pendulum', file, '--port', 'in-process']],
  ['quantise', ['policy'], (file) => ['quantise', file, '--values', 'int8', '--data', transitions, '--out', out]],
  ['quantise --data', dataKinds, (file) => ['quantise', policy, '--values', 'int8', '--data', file, '--out', out]],
  ['collect', teachers, (file) => ['collect', 'pendulum', '--teacher', file, '--out', out]],
  ['distill', teachers, (file) => ['distill', 'pendulum', '--teacher', file, '--data', transitions, '--out', out]],
  ['distill --data', dataKinds, (file) => ['distill', 'pendulum', '--teacher', teacher, '--data', file, '--out', out]],
  ['demo', teachers, (file) => ['demo', 'pendulum', '--teacher', file]],
  ['ablate', teachers, (file) => ['ablate', 'pendulum', '--teacher', file, '--out', out]],
  ['reproduce', teachers, (file) => ['reproduce', 'hopper', '--teacher', `hopper=${file}`, '--results', out]],
  ['import', teachers, (file) => ['import', file, '--out', out]],
  ['import --vecnormalize', ['pickle'], (file) => ['import', archive, '--vecnormalize', file, '--out', out]],
]

async function refusalOf(words: string[]): Promise<string> {
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error(`${words.join(' ')} was not refused`)
}

describe('a file of another kind than a verb takes is refused in one line that says what it is', () => {
  it.each(places)('%s', async (_, kinds, words) => {
    const before = readdirSync(folder)
    for (const { kind, path } of files) {
      if (kinds.includes(kind)) continue
      const line = await refusalOf(words(path))
      expect(line.startsWith(`${path}: `), line).toBe(true)
      // the strict reader says more of a damaged one
      expect(line.slice(path.length)).toMatch(
        /^: (an? |transitions|NumPy arrays|JSON text|not a safetensors file, or damaged)/,
      )
      if (kind !== 'damaged') expect(line).toMatch(/, expected (a|transitions) /)
      expect(line).not.toContain('\n')
    }
    expect(readdirSync(folder)).toEqual(before)
  })

  it('with exit code 2, and nothing else said', () => {
    for (const [words, line] of [
      [
        ['flash', 'model', '--port', 'in-process'],
        'bpd: model: an ONNX model, expected a .bpd policy as `bpd distill` makes it; `bpd import` makes a teacher of it',
      ],
      [
        ['export', 'teacher', '--form', 'onnx', '--out', 'a.onnx'],
        'bpd: teacher: a teacher, expected a .bpd policy as `bpd distill` makes it; `bpd eval`, `bpd inspect`, `bpd collect` and `bpd distill --teacher` take teachers',
      ],
      [
        ['import', 'letter', '--out', 'out'],
        'bpd: letter: a text file, expected a Stable-Baselines3 archive, a teacher as safetensors, an ONNX model, a PyTorch file, a state dict as safetensors or NumPy arrays (npz)',
      ],
    ] as [string[], string][]) {
      const { status, stdout, lines } = bpdIn(folder, ...words)
      expect({ status, stdout, lines }).toEqual({ status: 2, stdout: '', lines: [line] })
    }
  })
})

describe('whom a refusal names takes such a file, whatever it is called', () => {
  it.each([
    ['a policy', ['inspect', 'policy']],
    ['a table', ['inspect', 'table']],
    ['our transitions', ['inspect', 'transitions']],
    ['a policy to export', ['export', 'policy', '--form', 'c', '--out', 'b.c']],
    ['a policy to flash', ['flash', 'policy', '--port', 'in-process']],
    ['a teacher', ['inspect', 'teacher']],
    ['a teacher to eval', ['eval', 'pendulum', 'teacher', '--episodes', '1']],
    ['an archive', ['import', 'archive', '--out', 'imported']],
    [
      'transitions',
      ['quantise', 'policy', '--values', 'int8', '--data', 'transitions', '--out', 'c', '--episodes', '1'],
    ],
  ])('%s', (_, words) => {
    expect(bpdIn(folder, ...words).status).toBe(0)
  })
})
