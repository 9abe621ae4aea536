/** A study whose processes are killed again and again ends in the table of one that nobody disturbed, byte for byte. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { siteOf } from '../../cli/view/site.ts'
import { childrenOf } from '../support/children.ts'
import { bpdIn } from '../support/command.ts'
import { root } from '../support/imports.ts'
import { tiny } from '../trainer/studies/tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-study-'))
const at = (...path: string[]) => join(folder, ...path)
afterAll(() => rmSync(folder, { recursive: true }))

const words = (store: string) => [
  'study',
  'run',
  'tiny.json',
  '--store',
  store,
  '--jobs',
  '2',
  '--checkpoint-minutes',
  '0',
  '--json',
  '--quiet',
]
const table = (store: string) => readFileSync(at(store, 'reports/tiny/report.json'), 'utf8')
const results = (store: string) => readdirSync(at(store, 'results')).sort()

describe.skipIf(process.platform !== 'linux')('bpd study run', { timeout: 180_000 }, () => {
  beforeAll(() => {
    writeFileSync(at('tiny.json'), JSON.stringify(tiny))
    const { status, stderr } = bpdIn(folder, ...words('whole'))
    expect({ status, stderr }).toMatchObject({ status: 0 })
  }, 180_000)

  it('killed at any moment goes on, whoever is killed: the same results, the same table, byte for byte', async () => {
    const random = [700, 1500, 2600]
    for (const [i, wait] of random.entries()) {
      const child = spawn(process.execPath, [join(root, 'cli/bpd.ts'), ...words('killed')], {
        cwd: folder,
        stdio: 'ignore',
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await sleep(wait)
      // first only those that do the jobs: the study begins them again; then all
      for (const pid of childrenOf(child.pid!)) process.kill(pid, 'SIGKILL')
      if (i < 1) await sleep(800)
      child.kill('SIGKILL')
      await ended
    }
    const { status, stderr } = bpdIn(folder, ...words('killed'))
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(table('killed')).toBe(table('whole'))
    expect(results('killed')).toEqual(results('whole'))
    expect(readdirSync(at('killed/work'))).toEqual([])
  })

  it('begins again what a signal ended that reached its process alone', async () => {
    const child = spawn(process.execPath, [join(root, 'cli/bpd.ts'), ...words('ended')], {
      cwd: folder,
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await sleep(1500)
    // a job is begun three times at most
    for (const pid of childrenOf(child.pid!)) process.kill(pid, 'SIGTERM')
    expect(await ended).toBe(0)
    expect(table('ended')).toBe(table('whole'))
    expect(results('ended')).toEqual(results('whole'))
  })

  it('does nothing twice: a second run and a part of it take what is there', () => {
    const when = () => results('whole').map((name) => statSync(at('whole/results', name)).mtimeMs)
    const [before, said] = [when(), table('whole')]
    expect(bpdIn(folder, ...words('whole')).status).toBe(0)
    expect(when()).toEqual(before)
    expect(table('whole')).toBe(said)
    const part = bpdIn(
      folder,
      'study',
      'report',
      'tiny.json',
      '--store',
      'whole',
      '--variants',
      'bpd',
      '--out',
      'part',
      '--json',
    )
    expect(JSON.parse(part.stdout).rows.map((row: { variant: string }) => row.variant)).toEqual(['bpd', 'bpd'])
  })

  it('makes transitions again where they are gone, to the same results', () => {
    const [collected] = readdirSync(at('whole/data'))
    rmSync(at('whole/data', collected))
    for (const name of results('whole'))
      if (JSON.parse(readFileSync(at('whole/results', name), 'utf8')).job.kind === 'distil')
        rmSync(at('whole/results', name))
    const said = table('whole')
    expect(bpdIn(folder, ...words('whole')).status).toBe(0)
    expect(table('whole')).toBe(said)
    expect(readdirSync(at('whole/data'))).toEqual([collected])
  })

  it('and where they are cut short', () => {
    const [collected] = readdirSync(at('whole/data'))
    const before = readFileSync(at('whole/data', collected))
    writeFileSync(at('whole/data', collected), before.subarray(0, 500))
    for (const name of results('whole'))
      if (JSON.parse(readFileSync(at('whole/results', name), 'utf8')).job.kind === 'distil')
        rmSync(at('whole/results', name))
    expect(bpdIn(folder, ...words('whole')).status).toBe(0)
    expect(readFileSync(at('whole/data', collected))).toEqual(before)
  })

  it('gives its students as files that its report and the page know', () => {
    const words = ['study', 'report', 'tiny.json', '--store', 'whole', '--out', 'given', '--students', '--json']
    const { rows } = JSON.parse(bpdIn(folder, ...words).stdout)
    const told = rows.flatMap(({ seeds }: { seeds: { crc: number }[] }) => seeds.map(({ crc }) => crc))
    const files = readdirSync(at('given/students'))
    const found = files.map((name) => crc32(readFileSync(at('given/students', name))))
    expect(new Set(found)).toEqual(new Set(told))
    expect(files).toHaveLength(told.length)
    // of an earlier report, whose student is none any more; and what is somebody's own
    for (const name of ['9-pendulum-bpd-40-seed-7.bpd', 'mine.bpd'])
      writeFileSync(at('given/students', name), readFileSync(at('given/students', files[0])))
    // half-written by a process that was killed: of this report, and of an earlier one
    const dead = `${2 ** 22 + 1}-1.0@${hostname().replace(/[^\w.]+/g, '.')}`
    for (const name of [files[0], '8-pendulum-bpd-40-seed-7.bpd'])
      writeFileSync(at('given/students', `${name}.part-${dead}`), '')
    expect(bpdIn(folder, ...words).status).toBe(0)
    expect(readdirSync(at('given/students')).sort()).toEqual([...files, 'mine.bpd'].sort())
    rmSync(at('given/students/mine.bpd'))
    const site = siteOf([at('given')], false)
    const { given } = JSON.parse(new TextDecoder().decode(site.get('index.json')!() as Uint8Array))
    expect(given).toHaveLength(files.length + 1)
    expect(() => siteOf([at('whole')], false)).toThrow('a store of studies, expected a report')
  })

  it('says how far it is', () => {
    const { kinds } = JSON.parse(bpdIn(folder, 'study', 'status', 'tiny.json', '--store', 'whole', '--json').stdout)
    expect(kinds).toMatchObject([
      { kind: 'collect', all: 1, done: 1 },
      { kind: 'distil', all: 3, done: 3, running: 0, failed: 0 },
      { kind: 'evaluate', all: 5, done: 5 },
    ])
  })

  it('counts nothing as running that a dead process has begun, and makes no store to look at', () => {
    cpSync(at('whole'), at('dead'), { recursive: true })
    const [id] = results('dead').map((name) => name.replace('.json', ''))
    rmSync(at('dead/results', `${id}.json`))
    mkdirSync(at('dead/work', id), { recursive: true })
    const { kinds } = JSON.parse(bpdIn(folder, 'study', 'status', 'tiny.json', '--store', 'dead', '--json').stdout)
    expect(kinds.map(({ running }: { running: number }) => running)).toEqual([0, 0, 0])
    expect(kinds.reduce((sum: number, { done }: { done: number }) => sum + done, 0)).toBe(8)
    for (const action of ['status', 'report']) {
      const { status, lines } = bpdIn(folder, 'study', action, 'tiny.json', '--store', 'none')
      expect({ status, lines }).toEqual({
        status: 2,
        lines: ['bpd: none: expected a store that "bpd study run" has made'],
      })
    }
    expect(existsSync(at('none'))).toBe(false)
  })

  it('writes its report over no other file', () => {
    const words = ['study', 'report', 'tiny.json', '--store', 'whole', '--out', 'notes', '--quiet']
    mkdirSync(at('notes'))
    writeFileSync(at('notes/report.md'), 'mine')
    expect(bpdIn(folder, ...words)).toMatchObject({
      status: 2,
      lines: ['bpd: notes/report.md: is no report of study tiny: expected another folder'],
    })
    expect(readFileSync(at('notes/report.md'), 'utf8')).toBe('mine')
    rmSync(at('notes/report.md'))
    for (let i = 0; i < 2; i++) expect(bpdIn(folder, ...words)).toMatchObject({ status: 0 })
  })

  it.each<[string, string[], () => void, string]>([
    ['an unknown study', ['run', 'nothing'], () => {}, 'study "nothing": expected one of'],
    [
      'a file that is no study',
      ['run', join(root, 'models/pendulum/student.bpd')],
      () => {},
      'a .bpd policy, expected a study as YAML or JSON',
    ],
    ['no study', ['run'], () => {}, 'study run: expected one of'],
    ['a study to list', ['list', 'answers'], () => {}, 'study list answers: expected no study behind list'],
    [
      'a variant that it has not',
      ['run', 'tiny.json', '--variants', 'l1'],
      () => {},
      '--variants: l1, expected names out of bpd, dense',
    ],
    [
      'results of another version',
      ['run', 'tiny.json', '--store', 'whole'],
      () =>
        writeFileSync(
          at('whole/store.json'),
          JSON.stringify({ ...JSON.parse(readFileSync(at('whole/store.json'), 'utf8')), results: 0 }),
        ),
      'whole: results of version 0, expected 1',
    ],
    [
      'results of other arithmetic',
      ['run', 'tiny.json', '--store', 'whole'],
      () =>
        writeFileSync(
          at('whole/store.json'),
          JSON.stringify({ format: 'bpd-studies-1', results: 1, arithmetic: 'other' }),
        ),
      'whole: results of other multiply-add',
    ],
    [
      'a folder of something else',
      ['run', 'tiny.json', '--store', 'whole'],
      () => writeFileSync(at('whole/store.json'), '{}'),
      'whole: expected a store of "bpd study"',
    ],
  ])('%s is refused in one line, and nothing is lost', (_, more, prepare, message) => {
    prepare()
    const before = results('whole')
    const { status, stdout, lines } = bpdIn(folder, 'study', ...more)
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain(message)
    expect(results('whole')).toEqual(before)
  })
})

describe('a teacher that has changed since', () => {
  it('is refused by the study that began with another', { timeout: 60_000 }, () => {
    const short = {
      ...tiny,
      budgets: [20],
      teachers: [{ ...tiny.teachers[0], file: 'teacher.safetensors' }],
    }
    writeFileSync(at('short.json'), JSON.stringify(short))
    writeFileSync(at('teacher.safetensors'), readFileSync(join(root, 'models/pendulum/teacher.safetensors')))
    const study = (action: string) =>
      bpdIn(folder, 'study', action, 'short.json', '--store', 'changed', '--quiet', '--json')
    expect(study('run').status).toBe(0)
    writeFileSync(
      at('teacher.safetensors'),
      readFileSync(join(root, 'test/fixtures/teachers/sac-Pendulum-v1.safetensors')),
    )
    for (const action of ['run', 'status', 'report']) {
      const { status, lines } = study(action)
      expect({ action, status, lines: lines.length }).toEqual({ action, status: 2, lines: 1 })
      expect(lines[0]).toContain('teacher pendulum has changed since study tiny began')
    }
  })
})
