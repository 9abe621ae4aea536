/** `bpd qualify` where time is real, and where it is not: deadlines through a real serial port, a slow line, and the emulated Pico. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'
import { missingTerminal } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { kindOf, openPort } from '../../firmware-bridge/host/ports.ts'
import { looked } from '../../firmware-bridge/host/qualify/qualify.ts'
import { deadlines } from '../../firmware-bridge/host/qualify/time.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { bpdIn } from '../support/command.ts'
import { withPeriod } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'
import { plug, possible, unplugAll } from '../support/terminal.ts'

const STUDENT = 'models/pendulum/student.bpd'
const student = new Uint8Array(readFileSync(STUDENT))
afterEach(unplugAll)

/** The verdict of deadlines on the board behind a port's name. */
async function deadlinesAt(name: string, bytes: Uint8Array) {
  const port = await openPort(name)
  const board = await Board.connect(port)
  try {
    await board.install(bytes)
    const policy = loadPolicy(bytes)
    return await looked(deadlines, { board, port, kind: kindOf(name), policy, bytes, observations: 1, onProgress() {} })
  } finally {
    await board.close()
  }
}

describeWith('Linux with python3', possible)('deadlines through a real serial port', () => {
  it('are kept on a line that is fast', async () => {
    const { path } = await plug()
    // a period that a busy machine keeps too
    expect(await deadlinesAt(path, withPeriod(student, 0.25))).toMatchObject({
      verdict: 'pass',
      said: expect.stringMatching(/^0 of 20 missed; round trip [\d.]+ ms, p99 [\d.]+ ms; jitter p99 [\d.]+ ms$/),
    })
  }, 60_000)

  it('are missed on one that takes more than a period', async () => {
    const device = new InProcessBoard()
    const { path } = await plug(device)
    const push = device.duplex.push.bind(device.duplex)
    device.duplex.push = (bytes: Uint8Array) => setTimeout(() => push(bytes), 80) && true
    const { verdict, said } = await deadlinesAt(path, student)
    const [, misses] = /^(\d+) of 100 missed/.exec(said) ?? []
    expect(verdict).toBe('fail')
    // every action comes one tick late
    expect(Number(misses)).toBeGreaterThanOrEqual(50)
  }, 60_000)
})

describeWith('a pseudo terminal', missingTerminal() === undefined)('the emulated Pico as a serial port', () => {
  it('passes all but what the port cannot show, and what this machine is too busy for', async () => {
    const bpd = fileURLToPath(new URL('../../cli/bpd.ts', import.meta.url))
    const emulator = spawn(process.execPath, [bpd, 'emulate', 'pico-emulator', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = await once(emulator.stdout, 'data')
      const { terminal } = JSON.parse(String(line))
      const { stdout } = bpdIn('.', 'qualify', STUDENT, '--port', terminal, '--observations', '200', '--json')
      const { checks } = JSON.parse(stdout) as { checks: { name: string; verdict: string; said: string }[] }
      const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]))
      const { deadlines: kept, ...others } = verdicts
      expect(checks.find(({ name }) => name === 'deadlines')?.said).toMatch(/^\d+ of 100 missed; round trip/)
      expect(['pass', 'fail']).toContain(kept)
      expect(others).toEqual({
        identity: 'pass',
        signature: 'pass',
        'self-test': 'pass',
        parity: 'pass',
        inference: 'pass',
        'watch and latch': 'pass',
        'bad inputs': 'pass',
        counters: 'pass',
        reset: 'pass',
        'power cut': 'unchecked',
        'timer wraps': 'unchecked',
        memory: 'pass',
      })
    } finally {
      emulator.kill('SIGINT')
      await once(emulator, 'exit')
    }
  }, 300_000)
})

it('on boards that keep no real time fail where bytes and inference alone take longer than a period, and say what they are', async () => {
  const kept = await deadlinesAt('pico-emulator', student)
  expect(kept.said).toMatch(
    /^not of real time: a step takes at least 3\.\d+ ms on a real board, of 4\d bytes at 115,200 baud and the inference/,
  )
  expect(kept.verdict).toBe('pass')
  // 125 Hz, and docs/rates.md has 86
  const walker = new Uint8Array(readFileSync('models/walker2d/student.bpd'))
  const missed = await deadlinesAt('pico-emulator', walker)
  expect(missed).toMatchObject({ verdict: 'fail', said: expect.stringContaining('its period is 8 ms') })
}, 120_000)
