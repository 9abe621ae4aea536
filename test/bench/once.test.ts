import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { once } from '../../bench/jobs/once.ts'

const student = 'models/pendulum/student.bpd'
const folder = mkdtempSync(join(tmpdir(), 'bpd-once-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a job takes over no folder that no job has made; one that was cut off as it began it does', async () => {
  const place = join(folder, 'collect-1')
  mkdirSync(place)
  writeFileSync(join(place, 'thesis.txt'), 'mine')
  const job = once(place, ['inspect', student], [], { force: false })
  await expect(job).rejects.toThrow(`${join(place, 'thesis.txt')}: of no job of bpd`)
  expect(readdirSync(place)).toEqual(['thesis.txt'])
  renameSync(join(place, 'thesis.txt'), join(place, 'job.json.part-1-1@elsewhere'))
  await once(place, ['inspect', student], [], { force: false })
  expect(readdirSync(place).sort()).toEqual(['job.json', 'result.json'])
})

it('a job takes over what another recipe has finished only where that may go', async () => {
  const place = join(folder, 'exported')
  const words = (form: string) => ['export', student, '--form', form, '--out', join(place, `s.${form}`)]
  await once(place, words('c'), [], { force: false })
  const anew = (force: boolean) => once(place, words('wasm'), [], { force })
  await expect(anew(false)).rejects.toThrow(`${join(place, 'result.json')}: of another recipe or other inputs`)
  expect(readdirSync(place)).toContain('s.c')
  await anew(true)
  expect(readdirSync(place)).toContain('s.wasm')
  expect(readdirSync(place)).not.toContain('s.c')
})
