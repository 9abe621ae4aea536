import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { bpdIn } from '../support/command.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const student = join(root, 'models/pendulum/student.bpd')
const teacher = join(root, 'models/pendulum/teacher.safetensors')
const folder = mkdtempSync(join(tmpdir(), 'bpd-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bpd = (...words: string[]) => bpdIn(folder, ...words)

function withFile(content: string, ...words: string[]) {
  writeFileSync(join(folder, 'run.yaml'), content)
  return bpd(...words, '--config', 'run.yaml')
}
const evaluated = (content: string, ...words: string[]) => {
  const { status, stdout, stderr } = withFile(content, 'eval', 'pendulum', student, '--json', ...words)
  expect({ status, stderr }).toMatchObject({ status: 0 })
  return JSON.parse(stdout)
}

describe('--config', () => {
  it('takes JSON and YAML alike: the file wins over the defaults, a flag over the file', () => {
    const yaml = 'episodes: 2 # few\nseed: 7\n'
    expect(evaluated(yaml)).toMatchObject({ seed: 7, return: { episodes: 2 } })
    expect(evaluated('{"episodes": 2, "seed": 7}')).toMatchObject({ seed: 7, return: { episodes: 2 } })
    expect(evaluated(yaml, '--seed', '3')).toMatchObject({ seed: 3, return: { episodes: 2 } })
    // a flag that says what the default is wins too
    expect(evaluated(yaml, '--seed', '1')).toMatchObject({ seed: 1, return: { episodes: 2 } })
  })

  it('gives what a verb requires, lists, choices and switches: the same bytes as the flags', () => {
    expect(
      bpd('collect', 'pendulum', '--teacher', teacher, '--transitions', '400', '--out', 'data.safetensors').status,
    ).toBe(0)
    const file = `
teacher: ${teacher}
data: data.safetensors
out: from-file
steps: 40
evaluate-every: 40
hidden: [8, 8]
critic-hidden: [8, 8]
batch-size: 16
thresholds: [0]
tune-updates: 5
pick-episodes: 1
progress-episodes: 1
noise: official
fused: false
tune-with-value: true
`
    expect(withFile(file, 'distill', 'pendulum')).toMatchObject({ status: 0 })
    const words = '--steps 40 --evaluate-every 40 --hidden 8,8 --critic-hidden 8,8 --batch-size 16 --thresholds 0'
    const more =
      '--tune-updates 5 --pick-episodes 1 --progress-episodes 1 --noise official --no-fused --tune-with-value'
    const flags = [
      '--teacher',
      teacher,
      '--data',
      'data.safetensors',
      '--out',
      'from-flags',
      ...`${words} ${more}`.split(' '),
    ]
    expect(bpd('distill', 'pendulum', ...flags)).toMatchObject({ status: 0 })
    const bytes = (out: string) => readFileSync(join(folder, out, 'student.bpd'))
    expect(bytes('from-file')).toEqual(bytes('from-flags'))
    // neither the file's name nor --quiet is part of the recipe
    expect(JSON.stringify(decodePolicy(bytes('from-file')).contract.provenance)).not.toMatch(/run\.yaml|quiet|config/)
  }, 120_000)

  it('may ask for --quiet and --json', () => {
    const { status, stdout, stderr } = withFile('quiet: true\njson: true\nepisodes: 1', 'eval', 'pendulum', student)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ task: 'pendulum' })
  })

  it.each([
    ['an unknown option', 'epsodes: 3', 'run.yaml: epsodes: bpd eval has no such option'],
    ['an option of another verb', 'hidden: [3]', 'run.yaml: hidden: bpd eval has no such option'],
    ['another file', 'config: other.yaml', 'run.yaml: config: bpd eval has no such option'],
    ['text for a number', 'episodes: "3"', 'run.yaml: episodes: "3", expected a number'],
    ['nothing for a number', 'episodes:', 'run.yaml: episodes: null, expected a number'],
    ['a list for a number', 'episodes: [3]', 'run.yaml: episodes: [3], expected a number'],
    ['a number out of range', 'episodes: 0', 'run.yaml: episodes: 0: Expected a whole number from 1 to 1000000.'],
    ['no number', 'episodes: .nan', 'run.yaml: episodes: NaN: Expected a whole number from 1 to 1000000.'],
    ['a number for a switch', 'quiet: 1', 'run.yaml: quiet: 1, expected true or false'],
    ['a key twice', 'seed: 1\nseed: 2', 'run.yaml: neither JSON nor YAML: Map keys must be unique at line 2, column 1'],
    ['neither form', '{"seed": 1', 'run.yaml: neither JSON nor YAML: '],
    ['a list', '[seed, 1]', 'run.yaml: expected options as a map'],
    ['nothing', '', 'run.yaml: expected options as a map'],
    [
      'a file that would grow',
      `a: &a [${'0,'.repeat(99)}0]\nb: &b [${'*a,'.repeat(99)}*a]\nc: [${'*b,'.repeat(99)}*b]`,
      'run.yaml: ',
    ],
  ])('refuses %s in one line that names file and key, exit code 2', (_, content, line) => {
    const { status, stdout, lines } = withFile(content, 'eval', 'pendulum', student)
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain(`bpd: ${line}`)
  })

  it.each([
    ['a choice', 'values: f7', 'run.yaml: values: "f7": Allowed choices are f32, f16, int8, int8-fixed, mixed.'],
    [
      'an item',
      'hidden: [64, a]',
      'run.yaml: hidden: [64,"a"]: Expected whole numbers from 1 to 1024, or "none" alone.',
    ],
    ['an empty list', 'hidden: []', 'run.yaml: hidden: []: Expected whole numbers from 1 to 1024, or "none" alone.'],
    ['no list where there must be one', 'thresholds: none', 'run.yaml: thresholds: "none": Expected a number'],
    ['a text for a list', 'hidden: 64,64', 'run.yaml: hidden: "64,64", expected a list'],
    ['a number for a file', 'out: 3', 'run.yaml: out: 3, expected a text'],
  ])('refuses %s of distill', (_, content, line) => {
    const { status, lines } = withFile(content, 'distill', 'pendulum')
    expect({ status, lines }).toEqual({ status: 2, lines: [expect.stringContaining(`bpd: ${line}`)] })
  })

  it('refuses in one short line a value that holds itself, or is very long', () => {
    const said = (content: string) => withFile(content, 'eval', 'pendulum', student).lines
    expect(said('seed: &a [*a]\n')).toEqual(['bpd: run.yaml: seed: [a list], expected a number'])
    const [line, ...more] = said(`seed: "${'7'.repeat(900_000)}"\n`)
    expect(line).toMatch(/^bpd: run\.yaml: seed: "7{60}…", expected a number$/)
    expect(more).toEqual([])
  })

  it('says what is wrong as JSON where it asks for that anywhere', () => {
    const { status, stdout } = withFile('episodes: 0\njson: true\n', 'eval', 'pendulum', student)
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 2, error: { kind: 'input' } })
  })

  it('refuses what never ends', () => {
    const { status, lines } = bpd('eval', 'pendulum', student, '--config', '/dev/zero')
    expect({ status, lines }).toEqual({
      status: 2,
      lines: ['bpd: /dev/zero: more than 1000000 bytes, expected at most that'],
    })
  })

  it('refuses a file that is not there, or far too large', () => {
    expect(bpd('boards', '--config', 'absent.json')).toMatchObject({
      status: 2,
      lines: ['bpd: absent.json: cannot be read (ENOENT)'],
    })
    expect(withFile(`#${' '.repeat(1_000_000)}`, 'boards').lines[0]).toContain('expected at most')
  })
})
