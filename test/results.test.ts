import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { studyOf } from '../cli/study/named.ts'
import { planOf } from '../trainer/studies/plan.ts'
import { reportOf } from '../trainer/studies/report/report.ts'
import { Store } from '../trainer/studies/store.ts'
import { root } from './support/imports.ts'

const results = readdirSync(join(root, 'bench/results'), { encoding: 'utf8', recursive: true }).filter((name) =>
  name.endsWith('.json'),
)

it.each(results)('bench/results/%s names files of the repository, and no path of who measured', (name) => {
  const text = readFileSync(join(root, 'bench/results', name), 'utf8')
  expect(text.match(/"(?:(?:\.\.\/)+|\/(?:home|root|tmp|usr|var|work)\/)[^"]*"/g)).toBeNull()
})

const reports = results.filter((name) => name.endsWith('/report.json')).map((name) => name.split('/')[0])

it.each(reports)(
  'bench/results/%s is the report of its store: nothing that a job depends on has changed since',
  async (name) => {
    const committed = JSON.parse(readFileSync(join(root, 'bench/results', name, 'report.json'), 'utf8'))
    const report = reportOf(await planOf(studyOf(name)), new Store(join(root, 'bench/results/studies')))
    // first what says most where hashes differ: all is missing then
    expect(report.missing).toBe(committed.missing)
    expect(JSON.parse(JSON.stringify(report))).toEqual(committed)
  },
  60_000,
)
