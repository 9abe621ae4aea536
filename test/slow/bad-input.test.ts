import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programFor } from '../../cli/program.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { contractOf, encodeTeacher, loadTeacher, requirePlain } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'

const program = await programFor([])

const folder = mkdtempSync(join(tmpdir(), 'bpd-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const teacherFile = fileURLToPath(new URL('../../models/pendulum/teacher.safetensors', import.meta.url))
const at = (name: string) => join(folder, name)

beforeAll(() => {
  const teacher = requirePlain(loadTeacher(teacherFile), teacherFile)
  const layer = {
    inputs: 3,
    outputs: 1,
    activation: 'tanh' as const,
    weights: Float32Array.of(1, 2, 3),
    bias: Float32Array.of(0),
  }
  const { spec } = new Pendulum()
  const policy = encodePolicy({ layers: [layer] }, contractOf(spec, 'tanh', {}), [Float32Array.of(1, 0, 0)])
  writeFileSync(at('policy.bpd'), policy)
  writeFileSync(at('shown.html'), policy)
  mkdirSync(at('empty'))
  writeFileSync(at('truncated.bpd'), policy.subarray(0, policy.length - 20))
  const altered = Uint8Array.from(policy)
  altered[60] ^= 4
  writeFileSync(at('altered.bpd'), altered)
  writeFileSync(at('foreign.bpd'), 'this is a letter, not a policy. '.repeat(20))
  const other = contractOf({ ...spec, name: 'hopper' }, 'tanh', {})
  writeFileSync(at('hopper.bpd'), encodePolicy({ layers: [layer] }, other, [Float32Array.of(1, 0, 0)]))
  const wide = { ...layer, inputs: 4, weights: new Float32Array(4) }
  writeFileSync(at('wide.safetensors'), encodeTeacher({ ...teacher, network: { layers: [wide] } }))
  const broken = { ...layer, weights: Float32Array.of(1, Number.NaN, 3) }
  writeFileSync(at('nan.safetensors'), encodeTeacher({ ...teacher, network: { layers: [broken] } }))
  writeFileSync(at('cut.safetensors'), readFileSync(teacherFile).subarray(0, 5000))
})

const cases: [name: string, words: string[], message: string][] = [
  [
    'an empty path, as of a variable that is not set',
    ['export', 'policy.bpd', '--form', 'package', '--out', ''],
    "option '--out <path>' is empty",
  ],
  ['an empty name', ['key', 'new', ''], 'an argument is empty, expected some text.'],
  ['a missing policy', ['eval', 'pendulum', 'absent.bpd'], 'absent.bpd: cannot be read (ENOENT)'],
  [
    'a folder in place of a policy',
    ['eval', 'pendulum', '.'],
    '.: a folder, expected a .bpd policy as `bpd distill` makes it, a Stable-Baselines3 archive, a teacher as safetensors',
  ],
  ['a truncated policy', ['eval', 'pendulum', 'truncated.bpd'], 'truncated.bpd'],
  ['an altered policy', ['eval', 'pendulum', 'altered.bpd'], 'altered.bpd'],
  ['an altered policy to export', ['export', 'altered.bpd', '--form', 'c', '--out', 'a.c'], 'altered.bpd'],
  ['C in another file', ['export', 'policy.bpd', '--form', 'c', '--out', 'a.txt'], '--out a.txt: expected'],
  ['a foreign file', ['inspect', 'foreign.bpd'], 'foreign.bpd: a text file, expected a .bpd policy'],
  ["another task's policy", ['eval', 'pendulum', 'hopper.bpd'], 'hopper.bpd: contract task: "hopper"'],
  [
    'a teacher that does not fit',
    ['demo', 'pendulum', '--teacher', 'wide.safetensors'],
    'wide.safetensors: a policy of 4 observations',
  ],
  ['NaN weights', ['demo', 'pendulum', '--teacher', 'nan.safetensors'], 'tensor "actor.0.weight": entry 1 is NaN'],
  ['a truncated teacher', ['demo', 'pendulum', '--teacher', 'cut.safetensors'], 'cut.safetensors'],
  [
    'data that is none',
    ['distill', 'pendulum', '--teacher', teacherFile, '--data', 'policy.bpd', '--out', 'x'],
    'policy.bpd: a .bpd policy, expected transitions',
  ],
  [
    "another task's policy to compare",
    ['compare', 'pendulum', 'policy.bpd', 'hopper.bpd'],
    'hopper.bpd: contract task: "hopper"; task pendulum has "pendulum"',
  ],
  ['a truncated policy to compare', ['compare', 'pendulum', 'truncated.bpd'], 'truncated.bpd: '],
  ['an altered policy to compare', ['compare', 'pendulum', 'altered.bpd'], 'altered.bpd: '],
  [
    'a folder without policies to compare',
    ['compare', 'pendulum', 'empty'],
    'empty: a folder without policies, expected a .bpd file in it, or a teacher',
  ],
  [
    'a page of another name',
    ['compare', 'pendulum', '--out', 'page.txt'],
    '--out page.txt: expected a name that ends in .html',
  ],
  [
    'a page over what it shows',
    ['compare', 'pendulum', 'shown.html', '--force', '--out', 'shown.html'],
    'shown.html: would be written over shown.html',
  ],
  ['an absent port', ['flash', 'policy.bpd', '--port', '/dev/ttyNONE'], '/dev/ttyNONE: no such port'],
  ['a port that is a file', ['flash', 'policy.bpd', '--port', 'policy.bpd'], 'policy.bpd: not a serial port'],
  ['an altered policy for a board', ['flash', 'altered.bpd', '--port', 'in-process'], 'altered.bpd'],
  [
    'more weights than the student has',
    ['demo', 'pendulum', '--teacher', teacherFile, '--keep', '1000000'],
    '--keep 1000000: expected 1 to 4352 weights',
  ],
  ['an unknown task', ['demo', 'cartpole'], 'task "cartpole": expected one of'],
]

describe('bad input is refused in one line, with exit code 2, and leaves no file', () => {
  it.each(cases)('%s', (_, words, message) => {
    const before = readdirSync(folder, { recursive: true })
    const { status, stdout, lines } = bpdIn(folder, ...words)
    expect(lines.filter((line) => line.startsWith('bpd: '))).toHaveLength(1)
    expect(lines.at(-1)).toContain(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
  })

  it.each([
    ['an unknown verb', ['fly'], "unknown command 'fly'"],
    ['an unknown verb that is asked for its help', ['fly', '--help'], "unknown command 'fly'"],
    ['an unknown option', ['demo', 'pendulum', '--fast'], "unknown option '--fast'"],
    ['a wrong value', ['demo', 'pendulum', '--seed', 'one'], 'Expected a whole number from 0'],
    ['a value out of range', ['demo', 'pendulum', '--steps', '0'], 'Expected a whole number >= 2'],
    ['a missing argument', ['eval', 'pendulum'], "missing required argument 'policy'"],
    ['a missing option', ['collect', 'pendulum'], "required option '--teacher <file>' not specified"],
  ])('%s', (_, words, message) => {
    const { status, stdout, lines } = bpdIn(folder, ...words)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^bpd: /)
    expect(lines[0]).toContain(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

describe('help', () => {
  const verbs = program.commands.map((verb) => verb.name())

  it('lists every verb', () => {
    const { status, stdout } = bpdIn(folder, '--help')
    expect(status).toBe(0)
    for (const verb of verbs) expect(stdout).toContain(`  ${verb} `)
    expect(stdout).not.toContain('Commands:')
  })

  it.each(verbs)('%s has an example and --json', (verb) => {
    const { status, stdout } = bpdIn(folder, verb, '--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`Example:\n  bpd ${verb}`))
    expect(stdout).toContain('--json')
  })
})

describe('--json prints exactly one object on stdout', () => {
  it.each([
    ['eval', ['eval', 'pendulum', 'policy.bpd', '--episodes', '2']],
    ['inspect', ['inspect', 'policy.bpd']],
    ['export', ['export', 'policy.bpd', '--form', 'wasm', '--out', 'policy.wasm']],
    ['boards', ['boards']],
    ['flash', ['flash', 'policy.bpd', '--port', 'in-process']],
    ['bench', ['bench', 'policy.bpd', '--teacher', teacherFile, '--port', 'in-process', '--count', '3']],
    ['loop', ['loop', 'pendulum', 'policy.bpd', '--port', 'in-process', '--episodes', '1']],
  ])('%s', (_, words) => {
    const { status, stdout } = bpdIn(folder, ...words, '--json')
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(typeof JSON.parse(stdout)).toBe('object')
  })
})
