/**
 * A study by way of a real PostgreSQL and three workers, of which one is killed, one stalls and one loses its connections: its table is that of one
 * machine, byte for byte. Three more that must not take part say so.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bpdIn } from '../support/command.ts'
import { root } from '../support/imports.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { describeWith } from '../support/require.ts'
import { tiny } from '../trainer/studies/tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-queue-'))
const at = (...path: string[]) => join(folder, ...path)
const begun: ChildProcess[] = []
afterAll(() => {
  for (const child of begun) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const table = (store: string) => readFileSync(at(store, 'reports/tiny/report.json'), 'utf8')
const bpd = (...words: string[]) => {
  const child = spawn(process.execPath, [join(root, 'cli/bpd.ts'), 'study', ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  begun.push(child)
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return { child, said: () => stderr, ended: new Promise<number | null>((resolve) => child.once('exit', resolve)) }
}

describeWith('PostgreSQL (apt: postgresql)', hasPostgres)('a study on many machines', () => {
  let postgres: Postgres
  const study = { ...tiny, seeds: 2 }
  const worker = (name: string) =>
    bpd('worker', '--queue', postgres.url, '--store', name, '--jobs', '1', '--checkpoint-minutes', '0')
  const until = async (what: () => boolean, seconds = 120) => {
    for (let i = 0; !what(); i++) {
      if (i > 5 * seconds) throw new Error('waited in vain')
      await sleep(200)
    }
  }

  beforeAll(async () => {
    postgres = await startPostgres()
    writeFileSync(at('tiny.json'), JSON.stringify(study))
    expect(
      bpdIn(folder, 'study', 'run', 'tiny.json', '--store', 'whole', '--jobs', '2', '--quiet', '--json').status,
    ).toBe(0)
  }, 240_000)
  afterAll(() => postgres?.stop())

  it('ends in the table of one machine, whatever becomes of its workers', { timeout: 420_000 }, async () => {
    const run = bpd('run', 'tiny.json', '--queue', postgres.url, '--store', 'main', '--json')
    const [killed, stalled, cut] = ['killed', 'stalled', 'cut'].map(worker)
    const working = (one: typeof killed) => one.said().split('begun:').length > one.said().split('done:').length
    await until(() => working(killed))
    killed.child.kill('SIGKILL')
    await until(() => working(stalled))
    stalled.child.kill('SIGSTOP')
    await until(() => working(cut))
    postgres.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bpd worker ${cut.child.pid}'`,
    )
    // the study itself too, and begun again
    run.child.kill('SIGKILL')
    const again = bpd('run', 'tiny.json', '--queue', postgres.url, '--store', 'main', '--json')
    expect({ code: await again.ended, said: again.said() }).toMatchObject({ code: 0 })
    expect(table('main')).toBe(table('whole'))
    // it goes on with a claim that has lapsed: nothing of it counts
    stalled.child.kill('SIGCONT')
    await sleep(2000)
    expect(postgres.sql(`SELECT count(*) FROM bpd_studies.job WHERE name = 'jobs' AND state <> 'completed'`)).toBe('0')
    expect(
      Number(postgres.sql(`SELECT count(*) FROM bpd_studies.job WHERE name = 'jobs' AND retry_count > 0`)),
    ).toBeGreaterThanOrEqual(2)
    stalled.child.kill()
    cut.child.kill()
    await Promise.all([stalled.ended, cut.ended])
    // kilobytes
    expect(
      Number(
        postgres.sql(
          `SELECT max(octet_length(data::text) + octet_length(output::text)) FROM bpd_studies.job WHERE name = 'jobs'`,
        ),
      ),
    ).toBeLessThan(100_000)
    expect(readdirSync(at('main/data'))).toEqual([])
  })

  it('is done by workers alone once it is sent, and told by what they have done', { timeout: 240_000 }, async () => {
    const more = { ...study, name: 'more', seeds: 1, recipe: { ...study.recipe, steps: 220 } }
    writeFileSync(at('more.json'), JSON.stringify(more))
    const words = ['more.json', '--queue', postgres.url, '--store', 'more', '--json']
    const told = () => {
      const { kinds } = JSON.parse(bpdIn(folder, 'study', 'status', ...words).stdout)
      const sum = (of: string) => kinds.reduce((all: number, kind: Record<string, number>) => all + kind[of], 0)
      return { all: sum('all'), done: sum('done'), running: sum('running') }
    }
    const run = bpd('run', ...words)
    const waiting = `SELECT count(*) FROM bpd_studies.job WHERE name = 'jobs' AND state = 'created'`
    await until(() => postgres.sql(`SELECT to_regclass('bpd_studies.job')`) !== '' && postgres.sql(waiting) !== '0')
    run.child.kill('SIGKILL')
    await run.ended
    const before = told()
    expect(before.done).toBeLessThan(before.all)
    const alone = worker('alone')
    await until(() => told().done === before.all, 200)
    alone.child.kill()
    await alone.ended
    // whoever sent it takes what is there
    const last = bpd('run', ...words)
    expect(await last.ended).toBe(0)
    expect(told()).toEqual({ all: before.all, done: before.all, running: 0 })
    expect(readdirSync(at('more/data'))).toEqual([])
  })

  it('a worker that cannot write ends, and others do its jobs', { timeout: 240_000 }, async () => {
    const sick = { ...study, name: 'sick', seeds: 1, recipe: { ...study.recipe, steps: 240 } }
    writeFileSync(at('sick.json'), JSON.stringify(sick))
    const full = worker('full')
    await until(() => existsSync(at('full/blobs')))
    rmSync(at('full/blobs'), { recursive: true })
    writeFileSync(at('full/blobs'), 'no folder')
    const run = bpd('run', 'sick.json', '--queue', postgres.url, '--store', 'sick', '--json')
    expect(await full.ended).toBe(1)
    expect(full.said()).toMatch(
      /full\/blobs.*: cannot be (written|made) \(E\w+\): this worker ends, its jobs go to others/,
    )
    expect(full.said()).not.toContain('failed:')
    const well = worker('well')
    expect({ code: await run.ended, said: run.said() }).toMatchObject({ code: 0 })
    well.child.kill()
    await well.ended
  })

  it('a study whose jobs have gone from the queue says so', { timeout: 120_000 }, async () => {
    const gone = { ...study, name: 'gone', seeds: 1, recipe: { ...study.recipe, steps: 260 } }
    writeFileSync(at('gone.json'), JSON.stringify(gone))
    const run = bpd('run', 'gone.json', '--queue', postgres.url, '--store', 'gone', '--json')
    const waiting = `SELECT count(*) FROM bpd_studies.job WHERE name = 'jobs' AND state = 'created'`
    await until(() => postgres.sql(waiting) !== '0')
    await sleep(1000)
    postgres.sql(`DELETE FROM bpd_studies.job WHERE name = 'jobs' AND state <> 'completed'`)
    expect(await run.ended).toBe(1)
    expect(run.said()).toContain('its job has gone from the queue')
  })

  it('a worker whose arithmetic is another refuses to mix, and so does one of other results', {
    timeout: 120_000,
  }, () => {
    const about = (field: string, value: string) =>
      postgres.sql(
        `UPDATE bpd_studies.job SET data = jsonb_set(data, '{${field}}', '${value}') WHERE name = 'inputs' AND data ? 'arithmetic'`,
      )
    const refused = () => {
      const { status, lines } = bpdIn(folder, 'study', 'worker', '--queue', postgres.url, '--store', 'other', '--json')
      expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
      return lines[0]
    }
    about('arithmetic', '"other"')
    expect(refused()).toContain('results of other multiply-add')
    about('results', '0')
    expect(refused()).toContain('results of version 0, expected 1')
  })

  it.each<[string, () => string, string]>([
    ['nobody listens', () => 'postgres://bpd@127.0.0.1:1/postgres', '127.0.0.1:1/postgres: '],
    ['no such database', () => postgres.url.replace(/postgres$/, 'none'), 'database "none" does not exist'],
    ['it is no address', () => 'somewhere', '--queue: expected postgres://'],
  ])('where %s it is said in one line', { timeout: 60_000 }, (_, url, message) => {
    const { status, lines } = bpdIn(
      folder,
      'study',
      'run',
      'tiny.json',
      '--queue',
      url(),
      '--store',
      'main',
      '--quiet',
      '--json',
    )
    expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
    expect(lines[0]).toContain(message)
  })
})
