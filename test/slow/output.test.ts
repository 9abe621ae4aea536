/** Outputs of the real command: nothing is lost, nothing is written where it should not be, nobody else writes there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bpdIn } from '../support/command.ts'
import { withFileLimit } from '../support/cramped.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = join(root, 'cli/bpd.ts')
const teacher = join(root, 'models/pendulum/teacher.safetensors')
const student = join(root, 'models/pendulum/student.bpd')
const folder = mkdtempSync(join(tmpdir(), 'bpd-output-'))
const at = (...path: string[]) => join(folder, ...path)
afterAll(() => rmSync(folder, { recursive: true }))

const collecting = (transitions: number, out: string) => [
  'collect',
  'pendulum',
  '--teacher',
  teacher,
  '--transitions',
  `${transitions}`,
  '--out',
  out,
]
const teaching = (out: string, ...more: string[]) => [
  'teach',
  'pendulum',
  '--out',
  out,
  '--hidden',
  '8',
  '--batch-size',
  '4',
  '--threads',
  '1',
  '--random-steps',
  '1',
  '--episodes',
  '1',
  ...more,
]
const begin = (words: string[]) => spawn(process.execPath, [bpd, ...words], { cwd: folder, stdio: 'ignore' })
const names = (place: string) => readdirSync(at(place)).sort()

/** Files but for locks, and when they were written. */
const files = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('.lock-') && !statSync(at(name)).isDirectory())
    .map((name) => [name, statSync(at(name)).mtimeMs])

/** One line, exit code 2, and the files as they were. */
const refused = (words: string[], ...messages: string[]) => {
  const before = files()
  const { status, stdout, lines } = bpdIn(folder, ...words)
  const said = lines.filter((line) => line.startsWith('bpd: '))
  expect({ status, stdout, lines: said.length }).toEqual({ status: 2, stdout: '', lines: 1 })
  for (const message of messages) expect(said[0]).toContain(message)
  expect(files()).toEqual(before)
}

beforeAll(() => {
  expect(bpdIn(folder, ...collecting(300, 'data.safetensors')).status).toBe(0)
  expect(bpdIn(folder, ...teaching('taught', '--steps', '2')).status).toBe(0)
  expect(bpdIn(folder, 'export', student, '--form', 'c', '--out', 'made.c').status).toBe(0)
  for (const name of ['small.bpd', 'page.html']) writeFileSync(at(name), 'work')
}, 60_000)

describe('a result that is there is not replaced without --force', () => {
  it.each([
    ['collect', collecting(300, 'data.safetensors'), 'data.safetensors: is there already: --force replaces it'],
    ['teach', teaching('taught', '--steps', '2'), 'taught/teacher.safetensors: is there already'],
    ['teach --resume', teaching('taught', '--steps', '2', '--resume'), 'taught/teacher.safetensors: is there already'],
    ['import', ['import', teacher, '--out', 'taught'], 'taught/teacher.safetensors: is there already'],
    ['export', ['export', student, '--form', 'c', '--out', 'made.c'], 'made.h: is there already'],
    [
      'quantise',
      ['quantise', student, '--values', 'int8', '--data', 'data.safetensors', '--out', 'small.bpd'],
      'small.bpd: is there already',
    ],
    ['bench --html', ['bench', student, '--port', 'in-process', '--html', 'page.html'], 'page.html: is there already'],
    [
      'loop --html',
      ['loop', 'pendulum', student, '--port', 'in-process', '--html', 'page.html'],
      'page.html: is there already',
    ],
    ['demo --ship', ['demo', 'pendulum', '--ship', join(root, 'models/pendulum')], 'pendulum/student.bpd: is there'],
  ])('%s', (_, words, message) => refused(words, message))

  it('and is with it', () => {
    const before = readFileSync(at('taught/teacher.safetensors'))
    const words = teaching('taught', '--steps', '2', '--seed', '2', '--force')
    expect(bpdIn(folder, ...words).status).toBe(0)
    expect(readFileSync(at('taught/teacher.safetensors'))).not.toEqual(before)
    expect(names('taught')).toEqual(['card.json', 'teacher.safetensors'])
  })
})

describe('no output is an input', () => {
  it.each([
    ['quantise', ['quantise', student, '--values', 'int8', '--data', 'data.safetensors', '--out', 'data.safetensors']],
    ['quantise by a link', ['quantise', student, '--values', 'f16', '--data', 'link', '--out', 'data.safetensors']],
    ['import', ['import', 'taught/teacher.safetensors', '--out', 'taught']],
    [
      'collect',
      ['collect', 'pendulum', '--teacher', 'taught/teacher.safetensors', '--out', 'taught/teacher.safetensors'],
    ],
  ])('of %s, forced or not', (_, words) => {
    rmSync(at('link'), { force: true })
    symlinkSync('data.safetensors', at('link'))
    refused(words, 'which is read: expected another name')
    refused([...words, '--force'], 'which is read: expected another name')
  })
})

describe('an output that cannot be', () => {
  it.each([
    ['a folder in its place', collecting(300, 'taught'), 'taught: a folder, expected the name of a file to write'],
    ['a device', [...collecting(300, '/dev/null'), '--force'], '/dev/null: not a file'],
    ['a file for a folder', teaching('data.safetensors'), 'data.safetensors: a file, expected the name of a folder'],
    [
      'a place outside runs/',
      ['demo', 'pendulum', '--name', '../../evil'],
      "Expected letters, digits, '.', '_' and '-'",
    ],
    ['the folder above', ['demo', 'pendulum', '--name', '..'], "Expected letters, digits, '.', '_' and '-'"],
  ])('is refused before the work: %s', (_, words, message) => refused(words, message))

  it.skipIf(process.platform === 'win32')(
    'for want of room ends with exit code 1 and its name, and leaves nothing',
    () => {
      const { status, stderr } = withFileLimit(8, [bpd, ...collecting(2000, at('large.safetensors'))])
      expect(status).toBe(1)
      expect(stderr.trimEnd().split('\n').at(-1)).toBe(`bpd: ${at('large.safetensors')}: cannot be written (EFBIG)`)
      expect(readdirSync(folder).filter((name) => name.startsWith('large'))).toEqual([])
    },
  )
})

describe('an output has one process', () => {
  it('a second distillation into the same folder is refused by the name of the first one and its lock', async () => {
    const words = ['distill', 'pendulum', '--teacher', teacher, '--data', 'data.safetensors', '--out', 'busy']
    const long = [
      ...words,
      '--steps',
      '100000000',
      '--hidden',
      '8',
      '--critic-hidden',
      '8',
      '--batch-size',
      '4',
      '--threads',
      '1',
    ]
    const first = begin(long)
    while (!existsSync(at('busy/progress.jsonl'))) await sleep(10)
    const log = () => readFileSync(at('busy/progress.jsonl'), 'utf8')
    const second = bpdIn(folder, ...long, '--force')
    expect(second.status).toBe(2)
    expect(second.lines.at(-1)).toMatch(
      new RegExp(`busy: in use by process ${first.pid} \\(busy/bpd\\.lock-${first.pid}-`),
    )
    first.kill('SIGKILL')
    await once(first, 'exit')
    expect(() =>
      log()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).not.toThrow()
    // the dead one's lock is taken over
    const third = bpdIn(folder, ...words, '--steps', '20', '--tune-updates', '1', '--pick-episodes', '1', '--force')
    expect(third).toMatchObject({ status: 0 })
    expect(names('busy')).toEqual(['distill.json', 'progress.jsonl', 'student.bpd'])
  }, 120_000)

  it('collecting that was killed leaves nothing behind once it is done again', async () => {
    const child = begin(collecting(100_000_000, 'killed/data.safetensors'))
    while (!existsSync(at('killed')) || !names('killed').some((name) => name.includes('.part-'))) await sleep(10)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(names('killed')).toHaveLength(2)
    expect(bpdIn(folder, ...collecting(300, 'killed/data.safetensors')).status).toBe(0)
    expect(names('killed')).toEqual(['data.safetensors'])
  })
})

describe('teaching that is killed before its first evaluation', () => {
  const words = (out: string) =>
    teaching(out, '--steps', '1000', '--random-steps', '800', '--evaluate-every', '1000', '--checkpoint-minutes', '0')

  it('goes on from its checkpoint to the same bits, which is not thrown away unasked', async () => {
    expect(bpdIn(folder, ...words('whole')).status).toBe(0)
    const child = begin(words('cut'))
    while (!existsSync(at('cut/checkpoint.safetensors')) && child.exitCode === null) await sleep(1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    refused(words('cut'), 'checkpoint.safetensors: of a run that is not finished: --resume continues it, --force')
    expect(bpdIn(folder, ...words('cut'), '--resume')).toMatchObject({ status: 0 })
    expect(readFileSync(at('cut/teacher.safetensors'))).toEqual(readFileSync(at('whole/teacher.safetensors')))
    expect(names('cut')).toEqual(['card.json', 'teacher.safetensors'])
  }, 120_000)
})
