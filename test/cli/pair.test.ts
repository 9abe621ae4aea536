/** `bpd boards --pair` and `--key`: a key in a file of the user's, and a board that takes nothing without it. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-pair-'))
afterAll(() => rmSync(folder, { recursive: true }))
const student = fileURLToPath(new URL('../../models/pendulum/student.bpd', import.meta.url))
const on = ['--port', 'in-process', '--state', 'device.flash']
const bpd = (...words: string[]) => bpdIn(folder, ...words)

describe('a board that was paired at the command line', () => {
  it('takes a policy with its key alone, gets another, and is free again', () => {
    const paired = bpd('boards', ...on, '--pair', 'robot.key')
    expect(paired).toMatchObject({ status: 0, stdout: expect.stringContaining('key      paired') })
    expect(paired.stdout).toContain('paired   its key is in robot.key: keep a copy')
    if (process.platform !== 'win32') expect(statSync(join(folder, 'robot.key')).mode & 0o777).toBe(0o600)
    expect(bpd('flash', student, ...on)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'bpd: in-process: the board takes BEGIN only with its key, expected --key FILE\n',
      ),
    })
    expect(bpd('flash', student, ...on, '--key', 'robot.key').status).toBe(0)
    expect(bpd('boards', ...on, '--key', 'robot.key', '--pair', 'next.key').status).toBe(0)
    expect(bpd('flash', student, ...on, '--key', 'robot.key')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('bpd: in-process: the board does not have the key given\n'),
    })
    expect(bpd('boards', ...on, '--unpair', '--key', 'next.key').status).toBe(0)
    expect(bpd('flash', student, ...on, '--key', 'next.key').stderr).toContain(
      'the board has no key, expected the one given',
    )
    expect(bpd('flash', student, ...on).status).toBe(0)
  })

  it('is not asked for by a file that is no key, or that others may read; a key is never written over', () => {
    writeFileSync(join(folder, 'short.key'), 'bpd session key\n1234\n', { mode: 0o600 })
    expect(bpd('boards', ...on, '--key', 'short.key')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "bpd: short.key: expected 'bpd session key' and 64 hexadecimal digits, a line each\n",
      ),
    })
    expect(bpd('boards', ...on, '--key', student).stderr).toContain(
      'a .bpd policy, expected a key as `bpd boards --pair` writes it',
    )
    const before = readFileSync(join(folder, 'robot.key'), 'latin1')
    expect(bpd('boards', ...on, '--pair', 'robot.key')).toMatchObject({
      status: 2,
      stderr: 'bpd: robot.key: is there already, expected a new name: it may be the only key of a board\n',
    })
    expect(readFileSync(join(folder, 'robot.key'), 'latin1')).toBe(before)
    if (process.platform === 'win32') return
    chmodSync(join(folder, 'robot.key'), 0o644)
    expect(bpd('boards', ...on, '--key', 'robot.key')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'bpd: robot.key: others may read it (mode 644), expected mode 600: chmod 600 robot.key\n',
      ),
    })
  })

  it('without --state keeps its key no longer than the command, which says so', () => {
    const forgotten = bpd('boards', '--port', 'in-process', '--pair', 'forgotten.key')
    expect(forgotten.stdout).toContain('kept     not beyond this command: --state FILE keeps it\n')
    const words = ['boards', '--port', 'in-process', '--state', 'kept.flash']
    expect(bpd(...words, '--pair', 'kept.key').stdout).toContain('kept     in kept.flash\n')
    expect(bpd(...words, '--key', 'kept.key').stdout).not.toContain('kept     ')
  })

  it('is not locked in the same command: neither is done', () => {
    const said = bpd('boards', ...on, '--lock', 'robot.pub', '--pair', 'both.key')
    expect(said).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'--lock <key>' cannot be used with option '--pair <file>'"),
    })
    expect(existsSync(join(folder, 'both.key'))).toBe(false)
  })

  it('keeps its key where a stranger would pair it anew, and no file is left of that', () => {
    expect(bpd('boards', ...on, '--pair', 'mine.key').status).toBe(0)
    expect(bpd('boards', ...on, '--pair', 'theirs.key')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('bpd: in-process: the board takes PAIR only with its key, expected --key FILE\n'),
    })
    expect(existsSync(join(folder, 'theirs.key'))).toBe(false)
    for (const words of [['--unpair'], ['--pair', 'x.key'], ['--key', 'mine.key']]) {
      expect(bpd('boards', ...words)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`bpd: ${words[0]}: no board given, expected --port too\n`),
      })
    }
    expect(bpd('boards', ...on, '--unpair').stderr).toContain('--unpair: expected the key of the board, --key FILE')
  })
})
