/** Short distillations by the real command, in a folder that goes at the end, to kill and to resume. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'
import { randomStream } from '../../trainer/random.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = join(root, 'cli/bpd.ts')
export const teacher = join(root, 'models/pendulum/teacher.safetensors')
export const folder = mkdtempSync(join(tmpdir(), 'bpd-checkpoint-'))
const data = join(folder, 'data.safetensors')
afterAll(() => rmSync(folder, { recursive: true }))

export function collectData(): void {
  run([bpd, 'collect', 'pendulum', '--teacher', teacher, '--transitions', '2000', '--out', data])
}

export const words = (out: string, steps = 3000): string[] => [
  bpd,
  'distill',
  'pendulum',
  '--teacher',
  teacher,
  '--data',
  data,
  '--out',
  join(folder, out),
  '--json',
  '--steps',
  `${steps}`,
  '--evaluate-every',
  '500',
  '--hidden',
  '16,16',
  '--critic-hidden',
  '32,32',
  '--batch-size',
  '64',
  '--thresholds',
  '0',
  '--tune-updates',
  '100',
  '--pick-episodes',
  '2',
  '--threads',
  '1',
  '--checkpoint-minutes',
  '0',
]
export const run = (arguments_: string[]) =>
  execFileSync(process.execPath, arguments_, { encoding: 'utf8', stdio: 'pipe' })
export const start = (arguments_: string[]) =>
  spawn(process.execPath, arguments_, { stdio: ['ignore', 'ignore', 'pipe'] })
export const checkpoint = (out: string) => join(folder, out, 'checkpoint.safetensors')
export const student = (out: string) => readFileSync(join(folder, out, 'student.bpd'))
export async function untilSaved(out: string): Promise<void> {
  while (!existsSync(checkpoint(out))) await sleep(10)
}

/** Killed `kills` times at random moments and resumed, a run has the bytes and the curve of the one in `whole`. */
export async function expectSameAfterKills(kills: number): Promise<void> {
  const random = randomStream(Date.now(), 'kill')
  for (let kill = 0; kill < kills; kill++) {
    // one that was killed as it ended has all its results, and no checkpoint: it begins anew
    const child = start([...words('killed'), '--resume', '--force'])
    const ended = once(child, 'exit')
    await Promise.race([untilSaved('killed'), ended])
    await sleep(random.uniform(0, 300))
    child.kill('SIGKILL')
    await ended
  }
  run([...words('killed'), '--resume', '--force'])
  expect(student('killed')).toEqual(student('whole'))
  const curve = (out: string) => JSON.parse(readFileSync(join(folder, out, 'distill.json'), 'utf8')).curve
  expect(curve('killed')).toEqual(curve('whole'))
  expect(existsSync(checkpoint('killed'))).toBe(false)
}
