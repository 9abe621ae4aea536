import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { bpdIn } from '../support/command.ts'
import { inTerminal } from '../support/pty.ts'
import { describeWith } from '../support/require.ts'
import { possible } from '../support/terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = [process.execPath, join(root, 'cli/bpd.ts')]
const folder = mkdtempSync(join(tmpdir(), 'bpd-terminal-'))
afterAll(() => rmSync(folder, { recursive: true }))
/** Teaches until it is stopped. */
const schedule = '--steps 1000000 --random-steps 100 --evaluate-every 200 --hidden 16,16 --batch-size 16 --threads 1'
const teach = (out: string) => [...bpd, 'teach', 'pendulum', ...schedule.split(' '), '--out', out]
const student = join(root, 'models/pendulum/student.bpd')

describeWith('Linux with python3', possible)('a terminal', () => {
  it('of no columns gets lines in place of an animation, and SIGTERM is heard', async () => {
    const out = join(folder, 'no-columns')
    const { status, seen } = await inTerminal(teach(out), {
      columns: 0,
      deeds: [{ after: 'left', signal: 'SIGTERM' }],
    })
    expect(status).toBe(130)
    expect(seen).not.toContain('\x1b[')
    expect(seen.length).toBeLessThan(2000)
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true)
  })

  it('that loses its columns on the way gets lines from then on', async () => {
    const { status, seen } = await inTerminal(teach(join(folder, 'lost')), {
      columns: 80,
      deeds: [
        { after: 'left', columns: 0 },
        { after: 'left', type: '\x03' },
      ],
    })
    expect(status).toBe(130)
    expect(seen.length).toBeLessThan(20_000)
  })

  it.each([
    ['dumb', { TERM: 'dumb' }],
    ["CI's", { TERM: 'xterm', CI: 'true' }],
  ])('that is %s gets lines with the time left', async (_, env) => {
    const { status, seen } = await inTerminal(teach(join(folder, Object.keys(env).join())), {
      columns: 80,
      deeds: [{ after: 'left', signal: 'SIGTERM' }],
      env: { ...process.env, ...env },
    })
    expect(status).toBe(130)
    expect(seen).not.toContain('\x1b[')
  })

  it('of 60 columns shows progress with the time left, and one result', async () => {
    const words = ['eval', 'hopper', join(root, 'models/hopper/student.bpd'), '--episodes', '60', '--workers', '1']
    const { status, seen } = await inTerminal([...bpd, ...words], { columns: 60 })
    expect(status).toBe(0)
    expect(seen).toMatch(/episodes of hopper, \d+ s left/)
    expect(seen.match(/over 60 episodes, median/g)).toHaveLength(1)
  })

  it('shows how far a measurement on a board is', async () => {
    // what is left is guessed from the second second on
    const { status, seen } = await inTerminal([...bpd, 'bench', student, '--count', '8000'], { columns: 120 })
    expect(status).toBe(0)
    expect(seen).toMatch(/measuring on pico-emulator: \d+\/8000 inferences, \d+ s left/)
  })

  it('shows nothing but the result under --quiet', async () => {
    const { seen } = await inTerminal([...bpd, 'eval', 'pendulum', student, '--episodes', '3', '--quiet'], {
      columns: 120,
    })
    expect(seen.replace(/\r\n/g, '\n')).toBe(bpdIn(root, 'eval', 'pendulum', student, '--episodes', '3').stdout)
  })
})

describe('--quiet', () => {
  it('says nothing on stderr; errors are said still', () => {
    const words = ['eval', 'pendulum', student, '--episodes', '2']
    expect(bpdIn(root, ...words).stderr).toContain('evaluated')
    expect(bpdIn(root, ...words, '--quiet')).toMatchObject({ status: 0, stderr: '' })
    expect(bpdIn(root, 'eval', 'pendulum', 'absent.bpd', '--quiet').stderr).toContain('absent.bpd: cannot be read')
  })
})

describe('two signals at once', () => {
  it('as a terminal and a process in front send them, save a checkpoint as one does', async () => {
    const out = join(folder, 'twice')
    const [node, ...words] = teach(out)
    const child = spawn(node, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.setEncoding('utf8')
    for await (const text of child.stderr) if (text.includes('left')) break
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const [status] = await once(child, 'exit')
    expect(status).toBe(130)
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true)
  })
})
