/** The line at another speed: both ends go there together or stay, and whatever fails on the way ends at the speed that they began with. */
import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { openPicoEmulator } from '../../../firmware-bridge/emulators/pico.ts'
import type { BoardOptions } from '../../../firmware-bridge/host/board-options.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { SpeedError } from '../../../firmware-bridge/host/speed.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { ANSWER, END, SPEED } from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { badLine } from '../../support/bad-line.ts'
import { uniform } from '../../support/networks.ts'
import { bits, policyFile } from '../../support/policies.ts'
import { recorded } from '../../support/recorded-line.ts'

const OWN = 115_200
/** of the STM32F405's bus */
const LINE_HZ = 84_000_000
/** the board's seconds are this many times shorter than ours */
const HASTE = 20
const QUICK = { timeout: 20, patience: 1000 }
const file = policyFile([3, 12, 2], 1)
const opened: Board[] = []

/** A board on a line with speeds, whose main loop comes round by itself. */
const fastBoard = (options: InProcessOptions = {}) =>
  openInProcess({ live: true, lineHz: LINE_HZ, millis: () => Math.floor(HASTE * performance.now()) >>> 0, ...options })

async function connect(port: Port, options: BoardOptions = QUICK): Promise<Board> {
  const board = await Board.connect(port, options)
  opened.push(board)
  return board
}

/** The action for an observation, held equal to this computer's. */
async function stepsRight(board: Board, observation = [0.1, -0.2, 0.3]): Promise<void> {
  const [here, there] = [new Float32Array(2), new Float32Array(2)]
  await board.step(observation, there)
  loadPolicy(file).stepInto(observation, here)
  expect(bits(there)).toEqual(bits(here))
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('a line', () => {
  it('goes to another speed at both ends, installs and steps there, and is at its own once it is closed', async () => {
    const port = fastBoard()
    const board = await connect(port)
    expect(board.info.lineSpeed).toBe(true)
    expect(await board.speed(921_600)).toBe(923_076)
    expect([Math.floor(port.board.baud), port.board.hostBaud]).toEqual([923_076, 921_600])
    await board.install(file)
    await stepsRight(board)
    expect((await board.stats()).board).toMatchObject({ badCrc: 0, dropped: 0 })
    await board.close()
    expect(port.board.baud).toBeCloseTo(OWN, -3)
  })

  it('goes to whatever its board comes within 2 % of, and refuses the rest by naming the fastest', async () => {
    const port = fastBoard({ lineHz: 3_686_400 })
    const board = await connect(port)
    const random = uniform(5)
    const wishes = [230_400, 231_000, 238_000, 205_000, 200_000, 57_600, 1200]
    for (let i = 0; i < 60; i++) wishes.push(Math.floor(1200 + 300_000 * random()))
    let refused = 0
    for (const baud of wishes) {
      const divisor = Math.round(3_686_400 / baud)
      const off = Math.abs(3_686_400 / divisor - baud)
      // the board counts in whole numbers
      if (Math.abs(off - baud / 50) < 2) continue
      if (divisor >= 16 && off < baud / 50) expect(await board.speed(baud)).toBe(Math.floor(3_686_400 / divisor))
      else {
        refused++
        await expect(board.speed(baud)).rejects.toThrow(
          /^in-process: the board refused SPEED: expected a speed near enough to one it has, at most 230400 baud; the line stays as it is$/,
        )
      }
      expect(board.info.name).toBe('in-process')
      await board.stats()
    }
    expect(refused).toBeGreaterThan(10)
    await expect(board.speed(0)).rejects.toThrow(InputError)
    await expect(board.speed(1e9)).rejects.toThrow('in-process: 1000000000 baud, expected 1200..12000000')
  })

  it('that has no speed at either end stays as it is', async () => {
    const board = await connect(openInProcess())
    expect(board.info.lineSpeed).toBe(false)
    await expect(board.speed(921_600)).rejects.toThrow(new SpeedError('in-process: its line has no speed to set'))
    const { speed: _, ...port } = fastBoard()
    await expect((await connect(port)).speed(921_600)).rejects.toThrow('in-process: its line has no speed to set')
  })

  it('whose adapter cannot do the speed is back at its own, in one line that says so', async () => {
    const port = fastBoard()
    const set = async (baud: number) => {
      if (baud !== OWN) throw new FailedError(`/dev/ttyUSB0: cannot be set to ${baud} baud (Invalid argument)`)
      await port.board.hostEnd.set(baud)
    }
    const board = await connect({ ...port, speed: { own: OWN, set } })
    await expect(board.speed(2_000_000)).rejects.toThrow(
      new SpeedError('/dev/ttyUSB0: cannot be set to 2000000 baud (Invalid argument); the line is at 115200 baud'),
    )
    await board.install(file)
    await stepsRight(board)
    expect(port.board.baud).toBe(OWN)
  })

  it('whose adapter says that it does and does not is back at its own', async () => {
    const port = fastBoard({ millis: () => Math.floor(performance.now()) })
    const board = await connect({ ...port, speed: { own: OWN, set: async () => {} } }, { timeout: 400 })
    await expect(board.speed(460_800)).rejects.toThrow(
      new SpeedError('in-process: nothing is understood at 460800 baud; the line is at 115200 baud'),
    )
    expect(port.board.baud).toBe(OWN)
    await board.install(file)
    await stepsRight(board)
  })

  it('that loses the answer in mid-switch gets there all the same: the board comes back for the request said again', async () => {
    const port = fastBoard()
    const board = await connect(without(port, SPEED | ANSWER, 2))
    await board.speed(921_600)
    expect(port.board.hostBaud).toBe(921_600)
    await board.install(file)
    await stepsRight(board)
    expect((await board.stats()).board.repeats).toBeGreaterThanOrEqual(2)
  })

  it('is found by the next host where the one before died at another speed, within a second of its first request', async () => {
    const port = fastBoard()
    const board = await connect(port)
    await board.speed(921_600)
    port.board.hostBaud = OWN
    const next = await connect({ ...port, close: async () => {} })
    expect(port.board.baud).toBe(OWN)
    expect(next.info.uptime - board.info.uptime).toBeGreaterThan(1000)
  })

  it('stays at its speed for as long as nothing comes, and leaves it a second after noise that nothing right follows', async () => {
    let now = 0
    const port = fastBoard({ live: false, millis: () => now })
    const board = await connect(port)
    await board.speed(921_600)
    const fast = port.board.baud
    const pass = (milliseconds: number) => {
      for (let i = 0; i < 10; i++) {
        now += milliseconds / 10
        port.board.poll()
      }
    }
    pass(3_600_000)
    expect(port.board.baud).toBe(fast)
    port.board.receive(Uint8Array.of(0x55))
    pass(900)
    await board.stats()
    pass(3_600_000)
    expect(port.board.baud).toBe(fast)
    port.board.receive(Uint8Array.of(0x55))
    pass(1000)
    expect(port.board.baud).toBe(fast)
    pass(10)
    expect(port.board.baud).toBe(OWN)
  })

  it('is at its own speed after a power cut, and says so; the step that was asked for comes', async () => {
    const port = fastBoard()
    const board = await connect(port, { timeout: 200 })
    const said: string[] = []
    board.onSlower = (why) => said.push(why)
    await board.install(file)
    await board.speed(921_600)
    port.board.powerOn()
    await stepsRight(board)
    expect(port.board.hostBaud).toBe(OWN)
    expect(said).toEqual(['in-process: the line is at 115200 baud again: no answer came'])
  }, 20_000)

  it('goes there again after a reset', async () => {
    const port = fastBoard()
    const board = await connect(port)
    await board.install(file)
    await board.speed(921_600)
    await board.reset()
    expect(Math.floor(port.board.baud)).toBe(923_076)
    await stepsRight(board)
  })

  it('with every fault at once ends where both ends are at one speed, and no action is wrong', async () => {
    const faults = { lost: 0.1, twice: 0.1, late: 0.05, flipped: 0.0005, cut: 0.0002, inserted: 0.0002 }
    let faster = 0
    for (let seed = 1; seed <= 12; seed++) {
      const port = fastBoard()
      const board = await connect(badLine(port, faults, seed), { timeout: 10, patience: 3000, attempts: 20 })
      await board.install(file)
      const there = await board.speed(1_000_000).catch((error) => {
        if (!(error instanceof SpeedError)) throw error
      })
      if (there !== undefined) faster++
      expect(port.board.hostBaud).toBe(there === undefined ? OWN : 1_000_000)
      for (let i = 0; i < 20; i++) await stepsRight(board, [i, -i, 0.1])
      await board.close()
    }
    expect(faster).toBeGreaterThan(6)
  }, 60_000)
})

describe('a request for another speed', () => {
  it('that is played back does nothing, in its session and in the next', async () => {
    const port = fastBoard({ live: false })
    const { line, frames, play } = recorded(port)
    const board = await connect(line)
    await board.speed(460_800)
    const taken = frames.find((frame) => frame[1] === SPEED)!
    await board.speed(OWN)
    const own = port.board.baud
    await play(taken)
    expect(port.board.baud).toBe(own)
    await board.reset()
    port.board.hostBaud = port.board.baud
    const now = port.board.baud
    await play(taken)
    expect(port.board.baud).toBe(now)
  })

  it('is taken by a paired board from who has its key alone', async () => {
    const port = fastBoard()
    const key = Uint8Array.from({ length: 32 }, (_, i) => i)
    const board = await connect(port, { ...QUICK, key: undefined })
    await board.pair(key)
    await board.speed(921_600)
    await board.close()
    const stranger = await connect(fastBoard({ flash: port.flash }))
    await expect(stranger.speed(921_600)).rejects.toThrow(
      'in-process: the board takes SPEED only with its key, expected',
    )
  })
})

describe('the emulated Pico', () => {
  it('agrees to a speed of its UART, and understands nothing of another', async () => {
    const pico = await openPicoEmulator({ live: true })
    const board = await connect({ name: 'pico-emulator', ...pico }, { timeout: 4000, patience: 30_000 })
    expect(await board.speed(921_600)).toBe(920_810)
    await board.install(file)
    await stepsRight(board)
    await expect(board.speed(8_000_000)).rejects.toThrow('at most 7812500 baud; the line stays as it is')
    await stepsRight(board)
    const { badCrc, dropped } = (await board.stats()).board
    expect([badCrc, dropped]).toEqual([0, 0])
    // this end alone goes elsewhere: the board comes back by itself
    await pico.speed.set(OWN)
    await board.hello()
    await stepsRight(board)
  }, 60_000)
})

/** The port, which loses the first answers of this type. */
function without(port: Port, type: number, answers: number): Port {
  const duplex = new Duplex({
    read() {},
    write: (chunk: Uint8Array, _encoding, done) => void port.duplex.write(chunk, () => done()),
  })
  let frame: number[] = []
  port.duplex.on('data', (bytes: Uint8Array) => {
    for (const byte of bytes) {
      frame.push(byte)
      if (byte !== END || frame.every((one) => one === END)) continue
      if (frame.find((one) => one !== END) === type && answers > 0) answers--
      else duplex.push(Uint8Array.from(frame))
      frame = []
    }
  })
  const close = async () => {
    duplex.destroy()
    await port.close()
  }
  return { name: port.name, duplex, speed: port.speed, close }
}
