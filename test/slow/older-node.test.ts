import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { olderNode } from '../support/older-node.ts'
import { inTerminal } from '../support/pty.ts'
import { describeWith } from '../support/require.ts'
import { possible } from '../support/terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = join(root, 'cli/bpd.js')
const folder = mkdtempSync(join(tmpdir(), 'bpd-older-'))
afterAll(() => rmSync(folder, { recursive: true }))
const schedule = '--steps 1000000 --random-steps 100 --evaluate-every 200 --hidden 16,16 --batch-size 16 --threads 1'
/** Teaches until it is stopped. */
const teach = (out: string) => [bpd, 'teach', 'pendulum', ...schedule.split(' '), '--out', out]
const checkpointIn = (out: string) => join(out, 'checkpoint.safetensors')

/** Starts it in a session of its own, where no terminal sends Ctrl-C to all, and waits until it is at work. */
async function atWork(out: string) {
  const child = spawn(olderNode!, teach(out), { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  child.stderr.setEncoding('utf8')
  for await (const text of child.stderr) if (text.includes('left')) break
  return child
}

/** The process that does the work: a child of this one, or this one itself where it became Node 24. */
const worker = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]) || pid

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`)

describeWith('Linux, a Node from 20 to 23 on the PATH', olderNode !== undefined && process.platform === 'linux')(
  'under an older Node',
  () => {
    const run = (...words: string[]) => spawnSync(olderNode!, [bpd, ...words], { cwd: root, encoding: 'utf8' })

    it('results and exit codes are the same', () => {
      expect(run('inspect', 'models/pendulum/student.bpd', '--json')).toMatchObject({ status: 0, stderr: '' })
      expect(run('inspect', 'absent.bpd')).toMatchObject({
        status: 2,
        stderr: 'bpd: absent.bpd: cannot be read (ENOENT)\n',
      })
    })

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s saves a checkpoint, and nothing works on', async (signal) => {
      const out = join(folder, signal)
      const child = await atWork(out)
      const pid = worker(child.pid!)
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([130, null])
      expect(existsSync(checkpointIn(out))).toBe(true)
      expect(alive(pid)).toBe(false)
    })

    it('SIGKILL of the process in front saves a checkpoint too, and nothing works on', async () => {
      const out = join(folder, 'killed')
      const child = await atWork(out)
      const pid = worker(child.pid!)
      child.kill('SIGKILL')
      if (pid === child.pid) return
      await expect.poll(() => alive(pid), { timeout: 120_000 }).toBe(false)
      expect(existsSync(checkpointIn(out))).toBe(true)
    })

    it('a signal that ends the work ends the process in front as well', async () => {
      const child = await atWork(join(folder, 'signalled'))
      process.kill(worker(child.pid!), 'SIGKILL')
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    })
  },
)

describeWith('a Node from 20 to 23, Linux with python3', olderNode !== undefined && possible)(
  'under an older Node, in a terminal',
  () => {
    it('Ctrl-C, which both processes get, saves a checkpoint', async () => {
      const out = join(folder, 'terminal')
      const deeds = [{ after: 'left', type: '\x03' }]
      const { status, seen } = await inTerminal([olderNode!, ...teach(out)], { columns: 80, deeds })
      expect(status).toBe(130)
      expect(seen).toContain('interrupted')
      expect(existsSync(checkpointIn(out))).toBe(true)
    })
  },
)
