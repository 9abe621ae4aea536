import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { bpdIn } from '../support/command.ts'
import { observationsFor, randomNetwork } from '../support/networks.ts'
import { policyFile } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'
import { plug, possible, unplugAll } from '../support/terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = policyFile([5, 20, 2], 1)
const observations = observationsFor(randomNetwork([5, 2], 1), 300, 3)

afterEach(unplugAll)

describe('bpd boards', () => {
  it('tells what the emulated Pico is: the committed image, its memory, no policy', () => {
    const { status, stdout } = bpdIn(root, 'boards', '--port', 'pico-emulator', '--json')
    expect(status).toBe(0)
    const image = readFileSync(`${root}/firmware-bridge/images/rp2040.bin`)
    const said = JSON.parse(stdout)
    expect(said).toMatchObject({
      board: { name: 'pico', firmware: crc32(image), clockHz: 125e6, imageBytes: image.length, eraseBytes: 4096 },
      image: { name: 'rp2040' },
      counters: { board: { badCrc: 0, steps: 0 }, host: { bad: 0 } },
    })
    expect(said.board.counter).toContain('core cycles')
    expect(said.board).not.toHaveProperty('policy')
    expect(said).not.toHaveProperty('log')
  })

  it('and bpd flash name the firmware by its CRC-32 and the image that it is', () => {
    const image = readFileSync(`${root}/firmware-bridge/images/rp2040.bin`)
    const line = `firmware CRC-32 ${crc32(image).toString(16).padStart(8, '0')}, images/rp2040.bin\n`
    for (const words of [['boards'], ['flash', 'models/pendulum/student.bpd']]) {
      expect(bpdIn(root, ...words, '--port', 'pico-emulator').stdout).toContain(line)
    }
  })

  it('refuses --log without a board, and the log of a board that runs nothing, in one line', () => {
    expect(bpdIn(root, 'boards', '--log')).toMatchObject({
      status: 2,
      lines: ['bpd: --log: no board given, expected --port too'],
    })
    const { status, lines } = bpdIn(root, 'boards', '--log', '--port', 'in-process')
    expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: 'bpd: in-process: the board runs no policy' })
  })
})

/** `bpd boards` beside a device that runs in this process. */
async function boards(...words: string[]) {
  const child = spawn(process.execPath, [`${root}/cli/bpd.ts`, 'boards', ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(status).toBe(0)
  return said
}

describeWith('Linux with python3', possible)('bpd boards, after an incident on a serial port', () => {
  it('tells the running policy, the counters of both ends and the last 256 steps, and disturbs none of them', async () => {
    const device = new InProcessBoard()
    const board = await Board.connect({ name: 'before', duplex: device.duplex, async close() {} })
    await board.install(file)
    for (const observation of observations) await board.step(observation, new Float32Array(2))
    const { steps, frames } = (await board.stats()).board
    const kept = await board.log()
    await board.close()
    device.duplex.removeAllListeners()

    const { path } = await plug(device)
    const said = JSON.parse(await boards('--port', path, '--log', '--json'))
    const { contractHash } = board.info.policy ?? {}
    expect(said.board).toMatchObject({
      name: 'in-process',
      policy: { crc: crc32(file), contractHash, confirmed: true },
    })
    expect(said.counters.board.steps).toBe(steps)
    expect(said.counters.board.frames).toBeGreaterThan(frames)
    expect(said.counters.host.requests).toBeGreaterThan(2)
    expect(said.log).toEqual(kept.map((step) => ({ ...step, action: [...step.action] })))
    expect(said.log).toHaveLength(256)
    const expected = new Float32Array(2)
    loadPolicy(file).stepInto(observations[299], expected)
    expect(said.log[255]).toMatchObject({ number: 299, action: [...expected] })

    const table = await boards('--port', path, '--log')
    for (const part of ['policy   slot ', 'confirmed', 'frames with a wrong CRC', 'requests sent again', '299'])
      expect(table).toContain(part)
    expect(table).toContain(kept[255].requestCrc.toString(16).padStart(8, '0'))
  })

  it('tells that a failsafe is latched, and the command that ends it does', async () => {
    let now = 0
    const device = new InProcessBoard({ millis: () => now })
    const board = await Board.connect({ name: 'before', duplex: device.duplex, async close() {} })
    await board.install(file)
    await board.watch(1, { latch: true })
    now += 10_000
    await board.close()
    device.duplex.removeAllListeners()
    const { path } = await plug(device)
    expect(await boards('--port', path)).toContain(
      `failsafe latched until it is released ("bpd boards --port ${path} --release")\n`,
    )
    expect(await boards('--port', path, '--release')).toContain('failsafe stands until observations come in time\n')
  })
})

it('a --state that cannot be kept is refused before a demo trains', () => {
  const { status, lines } = bpdIn(
    root,
    'demo',
    'pendulum',
    '--port',
    'in-process',
    '--state',
    '.',
    '--name',
    'not-begun',
  )
  expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
  expect(lines[0]).toContain('.: a folder, expected the name of a file to write')
})

it('no page is written over the flash of the board that it is about', () => {
  const { status, stderr } = bpdIn(
    root,
    'bench',
    'models/pendulum/student.bpd',
    '--port',
    'in-process',
    '--html',
    'runs/one',
    '--state',
    './runs/one',
  )
  expect(status).toBe(2)
  expect(stderr).toContain('runs/one: would be written over ./runs/one, which is read')
})

it('help shows a list as it would be typed', () => {
  expect(bpdIn(root, 'collect', '--help').stdout).toContain('(default: 0,0.1,0.2,0.3)')
})
