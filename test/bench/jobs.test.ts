import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runBpd } from '../../bench/jobs/pool.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-jobs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const pool = new URL('../../bench/jobs/pool.ts', import.meta.url).href

describe('a job', () => {
  it('gives its result, and its last words where it fails', async () => {
    await expect(runBpd(['inspect', 'models/pendulum/student.bpd'])).resolves.toMatchObject({
      weights: expect.any(Number),
    })
    await expect(runBpd(['inspect', 'absent.bpd'])).rejects.toThrow('absent.bpd: cannot be read')
  })

  it('saves its checkpoint and ends where the process that began it is killed', async () => {
    const schedule =
      '--steps 1000000 --random-steps 100 --evaluate-every 200 --hidden 16,16 --batch-size 16 --threads 1'
    const words = ['teach', 'pendulum', ...schedule.split(' '), '--out', folder]
    const script = `import { runBpd } from ${JSON.stringify(pool)}; await runBpd(${JSON.stringify(words)}, console.log)`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    // the job's first word
    await once(parent.stdout, 'data')
    const checkpoint = join(folder, 'checkpoint.safetensors')
    expect(existsSync(checkpoint)).toBe(false)
    parent.kill('SIGKILL')
    await expect.poll(() => existsSync(checkpoint), { timeout: 30_000 }).toBe(true)
  })
})
