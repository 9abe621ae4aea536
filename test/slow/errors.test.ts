import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { failureOf } from '../../cli/errors.ts'
import { bpdIn } from '../support/command.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bpd = join(root, 'cli/bpd.ts')
const student = join(root, 'models/pendulum/student.bpd')
const folder = mkdtempSync(join(tmpdir(), 'bpd-errors-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('an error under --json is one JSON object on stdout, one line on stderr, and the same exit code', () => {
  it.each([
    ['usage', 'a verb', ['fly'], 2, "unknown command 'fly'"],
    ['usage', 'an option', ['eval', 'pendulum', student, '--fast'], 2, "unknown option '--fast'"],
    [
      'usage',
      'a value',
      ['eval', 'pendulum', student, '--seed', 'one'],
      2,
      "option '--seed <n>' argument 'one' is inv",
    ],
    ['usage', 'an argument', ['eval', 'pendulum'], 2, "missing required argument 'policy'"],
    ['usage', 'a choice', ['completion', 'tcsh'], 2, 'Allowed choices are bash, zsh, fish.'],
    ['input', 'a file', ['eval', 'pendulum', 'absent.bpd'], 2, 'absent.bpd: cannot be read (ENOENT)'],
    ['input', 'a task', ['eval', 'cartpole', student], 2, 'task "cartpole": expected one of'],
    ['failed', 'a board', ['boards', '--log', '--port', 'in-process'], 1, 'in-process: the board runs no policy'],
  ])('%s: %s', (kind, _, words, code, message) => {
    const plain = bpdIn(folder, ...words)
    const { status, stdout, lines } = bpdIn(folder, ...words, '--json')
    expect(status).toBe(code)
    expect(plain).toMatchObject({ status, stdout: '' })
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(JSON.parse(stdout)).toEqual({ error: { kind, message: expect.stringContaining(message) } })
    expect(lines.filter((line) => line.startsWith('bpd: '))).toHaveLength(1)
  })

  it('interrupted: by a signal, with or without something to save', async () => {
    const schedule =
      '--steps 1000000 --random-steps 100 --evaluate-every 200 --hidden 16,16 --batch-size 16 --threads 1'
    const teach = ['teach', 'pendulum', ...schedule.split(' '), '--out', join(folder, 'taught')]
    const evaluate = ['eval', 'pendulum', student, '--episodes', '100000']
    for (const [words, code] of [
      [teach, 130],
      [evaluate, 143],
    ] as const) {
      const child = spawn(process.execPath, [bpd, ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
      const said = json(child.stdout)
      const ended = once(child, 'exit')
      // the first words of its work
      await once(child.stderr, 'data')
      child.kill('SIGTERM')
      expect(await said).toEqual({ error: { kind: 'interrupted', message: expect.stringContaining('interrupted') } })
      expect(await ended).toEqual([code, null])
    }
  })

  it('what follows "--" is not for bpd itself', () => {
    expect(bpdIn(folder, 'fly', '--', '--json').stdout).toBe('')
  })

  it('internal: a fault of bpd is told without a stack', () => {
    const { kind, message, code } = failureOf(new TypeError('x is not a function'))
    expect({ kind, code }).toEqual({ kind: 'internal', code: 1 })
    expect(message).toBe('internal error: TypeError: x is not a function')
  })
})

describe('bpd alone', () => {
  it('prints its help on stderr, as a command line that is not whole, with exit code 2', () => {
    const { status, stdout, stderr } = bpdIn(folder)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Make a student:')
  })
})

describe('an output that cannot be written', () => {
  it('a reader that has gone ends bpd as SIGPIPE ends others, without a word', async () => {
    const child = spawn(process.execPath, [bpd, 'inspect', student], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const said = text(child.stderr)
    expect(await once(child, 'exit')).toEqual([141, null])
    expect(await said).toBe('')
  })

  it('progress that nobody reads ends no work', async () => {
    const words = ['eval', 'pendulum', student, '--episodes', '3', '--json']
    const child = spawn(process.execPath, [bpd, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.destroy()
    const said = json(child.stdout)
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await said).toMatchObject({ task: 'pendulum' })
  })

  it.runIf(existsSync('/dev/full'))('a full disk is told, with exit code 1', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `"$@" > /dev/full`, 'sh', process.execPath, bpd, 'boards'], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'bpd: standard output: cannot be written (ENOSPC)\n' })
  })
})
