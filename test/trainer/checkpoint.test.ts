import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../trainer/random.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = join(root, 'cli/bpd.js')
const teacher = join(root, 'models/pendulum/teacher.safetensors')
const folder = mkdtempSync(join(tmpdir(), 'bpd-checkpoint-'))
const data = join(folder, 'data.safetensors')
afterAll(() => rmSync(folder, { recursive: true }))

const words = (out: string, steps = 3000) => [
  ...[bpd, 'distill', 'pendulum', '--teacher', teacher, '--data', data, '--out', join(folder, out), '--json'],
  ...[
    '--steps',
    `${steps}`,
    '--evaluate-every',
    '500',
    '--hidden',
    '16,16',
    '--critic-hidden',
    '32,32',
    '--batch',
    '64',
  ],
  ...[
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
  ],
]
const run = (arguments_: string[]) => execFileSync(process.execPath, arguments_, { encoding: 'utf8', stdio: 'pipe' })
const start = (arguments_: string[]) => spawn(process.execPath, arguments_, { stdio: ['ignore', 'ignore', 'pipe'] })
const checkpoint = (out: string) => join(folder, out, 'checkpoint.safetensors')
const student = (out: string) => readFileSync(join(folder, out, 'student.bpd'))
async function untilSaved(out: string): Promise<void> {
  while (!existsSync(checkpoint(out))) await sleep(10)
}

describe('a distillation', { timeout: 60_000 }, () => {
  beforeAll(() => {
    run([bpd, 'collect', 'pendulum', '--teacher', teacher, '--transitions', '2000', '--out', data])
    run(words('whole'))
  }, 60_000)

  it('killed at random moments and resumed has the bytes and the curve of one that never stopped', async () => {
    const random = randomStream(Date.now(), 'kill')
    for (let kills = 0; kills < 3; kills++) {
      const child = start([...words('killed'), '--resume'])
      const ended = once(child, 'exit')
      await Promise.race([untilSaved('killed'), ended])
      await sleep(random.uniform(0, 300))
      child.kill('SIGKILL')
      await ended
    }
    run([...words('killed'), '--resume'])
    expect(student('killed')).toEqual(student('whole'))
    const curve = (out: string) => JSON.parse(readFileSync(join(folder, out, 'distill.json'), 'utf8')).curve
    expect(curve('killed')).toEqual(curve('whole'))
    expect(existsSync(checkpoint('killed'))).toBe(false)
  })

  it('killed while tuning does not train or tune again what was done', async () => {
    const several = [...words('tuning'), '--thresholds', '-2,-1,0,1,2']
    run([...words('tuned'), '--thresholds', '-2,-1,0,1,2'])
    const log = join(folder, 'tuning/progress.jsonl')
    const tuned = () => (existsSync(log) ? readFileSync(log, 'utf8').split('"phase":"tune"').length - 1 : 0)
    const child = start(several)
    const ended = once(child, 'exit')
    while (tuned() < 2 && child.exitCode === null) await sleep(2)
    child.kill('SIGKILL')
    await ended
    const saved = readFileSync(checkpoint('tuning')).toString('latin1')
    expect(saved).toContain('tuned.0.0.weights')
    expect(saved).toContain('"step":"3000"')
    run([...several, '--resume'])
    expect(student('tuning')).toEqual(student('tuned'))
    expect(tuned()).toBe(5)
  })

  it('interrupted by Ctrl-C saves, leaves with 130 and says how to go on', async () => {
    const child = start(words('interrupted', 1_000_000))
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    await untilSaved('interrupted')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted at step \d+; --resume continues/)
    expect(existsSync(join(folder, 'interrupted/student.bpd'))).toBe(false)
  })

  it('refuses to resume with other options, other data, or from an altered checkpoint', async () => {
    const refused = (arguments_: string[], message: string) => {
      try {
        run(arguments_)
        expect.unreachable()
      } catch (error) {
        const { status, stderr } = error as { status: number; stderr: string }
        expect(status).toBe(2)
        expect(stderr).toContain(message)
      }
    }
    refused(
      [...words('interrupted', 5000), '--resume'],
      'steps: the checkpoint was made with 1000000, this run has 5000',
    )
    const bytes = readFileSync(checkpoint('interrupted'))
    bytes[bytes.length - 1000] ^= 1
    writeFileSync(checkpoint('interrupted'), bytes)
    refused([...words('interrupted', 1_000_000), '--resume'], 'altered')
  })
})
