import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { qualifyText } from '../../cli/report/qualify.ts'
import { inProcess, openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { CHECKS } from '../../firmware-bridge/host/qualify/checks.ts'
import { qualify } from '../../firmware-bridge/host/qualify/qualify.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { bpdIn } from '../support/command.ts'
import { stateOf } from '../support/rot.ts'

const STUDENT = 'models/pendulum/student.bpd'
const folder = mkdtempSync(join(tmpdir(), 'bpd-qualify-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A board in this process, and its verdicts by the names of the checks. */
async function verdicts(spoil: (board: ReturnType<typeof openInProcess>['board']) => void = () => {}) {
  const bytes = new Uint8Array(readFileSync(STUDENT))
  const port = openInProcess()
  const board = await Board.connect(port)
  await board.install(bytes)
  const policy = loadPolicy(bytes)
  spoil(port.board)
  try {
    const bench = { board, port, kind: inProcess, policy, bytes, observations: 100, onProgress() {} }
    const lines = await qualify(bench, () => {})
    return Object.fromEntries(lines.map(({ name, verdict, said }) => [name, `${verdict}: ${said}`]))
  } finally {
    await board.close()
  }
}

describe('bpd qualify', () => {
  it('passes a sound board with its policy, writes the page, and says what the port cannot show', () => {
    const html = join(folder, 'page.html')
    const args = ['qualify', STUDENT, '--port', 'in-process', '--observations', '200', '--html', html, '--json']
    const { status, stdout } = bpdIn('.', ...args)
    expect(status).toBe(0)
    const { qualified, checks, policy } = JSON.parse(stdout)
    expect(qualified).toBe(true)
    expect(policy.task).toBe('pendulum')
    expect(checks.map(({ name }: { name: string }) => name)).toEqual(CHECKS.map(({ name }) => name))
    for (const { name, verdict, said } of checks) {
      expect(verdict, `${name}: ${said}`).toBe(name === 'deadlines' ? 'unchecked' : 'pass')
    }
    const page = readFileSync(html, 'utf8')
    for (const { said } of checks) expect(page).toContain(said.slice(0, 9).replaceAll("'", '&#39;'))
    expect(page).toContain('qualified: no check failed; 1 that this port cannot show')
    expect(page).toContain('this port keeps no real time')
    const lines = qualifyText(JSON.parse(stdout), 60).split('\n')
    expect(lines).toHaveLength(CHECKS.length + 2)
    expect(lines[3]).toBe("pass      parity: 200 observations, every action equal to this host's, bit for bit")
    expect(lines[5]).toMatch(/^unchecked deadlines: no verdict of real time/)
  })

  it('fails a board that has found a fault in itself', async () => {
    const lines = await verdicts((board) => {
      board.flash.bytes[700] ^= 1
      // the next look at the whole of it
      for (let i = 0; i < 100; i++) board.poll()
    })
    expect(lines.identity).toMatch(/^fail: .*the policy was altered while it ran/)
    expect(lines.counters).toMatch(/^fail: .*1 faults/)
    // there was nothing to fall back to
    expect(lines.parity).toMatch(/^fail: .*runs no policy/)
  })

  it('fails a board whose own state had to be mended', async () => {
    const lines = await verdicts((board) => {
      const { from } = stateOf(board)
      new Uint8Array(board.memory.buffer)[from + 90] ^= 1
    })
    expect(lines.counters).toBe('fail: 1 mended since its start; reset it, and run this again')
  })

  it('qualifies a board that is paired and locked, with both keys, its cut power included', () => {
    const at = (name: string) => join(folder, name)
    const board = ['--port', 'in-process-signed', '--state', at('locked.flash')]
    const done = (...words: string[]) => expect(bpdIn('.', ...words).status).toBe(0)
    done('key', 'new', at('robot'))
    done('sign', STUDENT, '--key', at('robot.key'), '--out', at('signed.bpd'))
    done('flash', at('signed.bpd'), ...board)
    done('boards', ...board, '--lock', at('robot.pub'))
    done('boards', ...board, '--pair', at('line.key'))
    const words = ['qualify', at('signed.bpd'), ...board, '--signed-by', at('robot.pub'), '--observations', '50']
    const { status, stdout } = bpdIn('.', ...words, '--key', at('line.key'))
    expect(stdout).toMatch(/signature +│ pass +│ by key (\w{16}), counter \d+; the board is locked to key \1 /)
    expect(stdout).toMatch(/power cut +│ pass /)
    expect(stdout).toContain('this port keeps no real time: run it again on the board itself')
    expect(status, stdout).toBe(0)
    const without = bpdIn('.', ...words)
    expect(without.status).toBe(2)
    expect(without.lines.at(-1)).toBe('bpd: in-process-signed: the board has a key, expected --key FILE')
  }, 120_000)

  it('refuses what it cannot begin with, in one line', () => {
    for (const [args, said] of [
      [['nowhere.bpd'], 'nowhere.bpd: cannot be read'],
      [[STUDENT, '--port', '/dev/nothing'], '/dev/nothing: no such port'],
      [[STUDENT, '--observations', '0'], 'Expected a whole number from 1'],
    ] as const) {
      const { status, stderr } = bpdIn('.', 'qualify', ...args)
      expect(status).toBe(2)
      expect(stderr).toContain(said)
    }
  })
})
