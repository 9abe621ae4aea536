/** Time in `soak.ts`: simulated, one clock for the device in this process and for the client; or that of a board, which nobody holds. */
import { mock } from 'node:test'
import { openInProcess } from '../firmware-bridge/emulators/in-process.ts'
import type { Board } from '../firmware-bridge/host/client.ts'
import type { Port } from '../firmware-bridge/host/port.ts'
import { openPort } from '../firmware-bridge/host/ports.ts'
import { FailedError } from '../runtime-as/errors.ts'

/** milliseconds within which everything must be done */
const HANG = 120_000

export interface SoakTime {
  port: Port
  /** milliseconds of this clock */
  now(): number
  /** runs `work` to its end; throws FailedError where it hangs */
  timed<T>(work: Promise<T>): Promise<T>
  /** until so much has passed since `began` */
  rest(began: number, milliseconds: number): void
  /** the board starts anew */
  restart(board: Board): Promise<void>
  /** power goes in one of the next flash operations of `update`, and comes back: whether it did. Absent: it cannot be cut here */
  cutPower?(update: () => Promise<void>, random: () => number): Promise<boolean>
  /** milliseconds of the device's time, in all; ends it. uptime: of the device, since it last started */
  stop(uptime: number): number
}

export function simulatedTime(): SoakTime {
  let now = 0
  const port = openInProcess({
    slotBytes: 16384,
    programBytes: 4,
    eraseBytes: 4096,
    millis: () => now,
    cycles: () => now,
  })
  mock.timers.enable({ apis: ['setTimeout'] })
  const wait = (milliseconds: number) => {
    for (let i = 0; i < milliseconds; i++) {
      now++
      mock.timers.tick(1)
      if (port.board.powered) port.board.poll()
    }
  }
  /** Time moves on, a millisecond at a time, whenever neither end has anything left to do. */
  async function timed<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    work.then(done, done)
    const began = now
    for (;;) {
      await new Promise(setImmediate)
      if (settled) return await work
      await new Promise(setImmediate)
      if (settled) return await work
      wait(1)
      if (now - began > HANG) throw new FailedError(`soak: hangs at ${now} ms of the device's time`)
    }
  }
  return {
    port,
    timed,
    now: () => now,
    rest: (began, milliseconds) => wait(Math.max(0, milliseconds - (now - began))),
    async restart(board) {
      port.board.powerOn()
      await timed(board.hello())
    },
    async cutPower(install, random) {
      const { flash } = port.board
      flash.cutAt = flash.operations + Math.floor(random() * 120)
      flash.torn = random
      const update = install()
      update.catch(() => {})
      for (let i = 0; i < 20_000 && port.board.powered && flash.operations <= flash.cutAt; i++) {
        await new Promise(setImmediate)
        wait(1)
      }
      flash.cutAt = -1
      const cut = !port.board.powered
      if (cut) port.board.powerOn()
      await timed(update)
      return cut
    },
    stop() {
      mock.timers.reset()
      return now
    },
  }
}

/** Of an emulated board, or a real one. Its line is as fast as it is, so steps follow one another without a rest. */
export async function boardTime(name: string): Promise<SoakTime> {
  const port = await openPort(name)
  /** before the last start */
  let ran = 0
  async function timed<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const hang = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new FailedError(`soak: ${name} hangs for ${HANG} ms`)), HANG)
    })
    return await Promise.race([work, hang]).finally(() => clearTimeout(timer))
  }
  return {
    port,
    timed,
    now: () => performance.now(),
    rest: () => {},
    async restart(board) {
      const { uptime } = await timed(board.hello())
      // the request may be lost: until the board's own clock says that it began anew
      do await timed(board.reset())
      while (board.info.uptime >= uptime)
      ran += uptime
    },
    stop: (uptime) => ran + uptime,
  }
}
