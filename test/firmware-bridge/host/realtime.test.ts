import { afterEach, describe, expect, it } from 'vitest'
import { plantOf } from '../../../cli/plant.ts'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { drive } from '../../../firmware-bridge/host/control.ts'
import { driveRealTime } from '../../../firmware-bridge/host/realtime.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { contractOf } from '../../../trainer/teachers/teacher.ts'
import { badLine } from '../../support/bad-line.ts'
import { observationsFor, randomNetwork } from '../../support/networks.ts'

const network = (seed: number) => randomNetwork([3, 12, 1], 0.5, { seed })
const pendulum = (seed: number) =>
  encodePolicy(network(seed), contractOf(new Pendulum().spec, 'tanh', {}), observationsFor(network(seed), 4))
const file = pendulum(1)
const opened: Board[] = []

async function connect(port = openInProcess()) {
  const board = await Board.connect(port, { timeout: 20 })
  opened.push(board)
  await board.install(file)
  return board
}
afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('a plant in real time', () => {
  it('slow enough for the line gets the returns of lock-step, to the last bit, at its own pace', async () => {
    const board = await connect()
    const host = loadPolicy(file)
    const short = { ...plantOf(new Pendulum(), 3), maxSteps: 20 }
    const lockstep = await drive(board, short, { episodes: 1 })
    const began = performance.now()
    const real = await driveRealTime(board, short, { episodes: 1, hz: 20, host })
    expect(performance.now() - began).toBeGreaterThan(20 * 50 - 1)
    expect(real.steps).toBe(20)
    expect(real.interval.median).toBeGreaterThan(45)
    // a machine that stands still for 50 ms misses a deadline; its returns are then others
    if (real.misses === 0) {
      expect(real.returns).toEqual(lockstep.returns)
      expect(real).toMatchObject({ comparedActions: 20, failsafes: 0, roundTrip: { count: 20 } })
    }
  })

  it('over a line that loses frames misses deadlines, counts them, and no action is wrong', async () => {
    const port = openInProcess()
    const board = await Board.connect(badLine(port, { lost: 0.3 }, 5), { timeout: 30, patience: 4000 })
    opened.push(board)
    await board.install(file)
    const short = { ...plantOf(new Pendulum(), 3), maxSteps: 100 }
    const real = await driveRealTime(board, short, { episodes: 1, hz: 100, host: loadPolicy(file) })
    expect(real.steps).toBe(100)
    expect(real.misses).toBeGreaterThan(5)
    expect(real.comparedActions).toBe(real.roundTrips.length)
    expect(real.comparedActions + real.misses).toBe(100)
  })

  it('while the board’s failsafe stands applies the failsafe, and counts', async () => {
    let now = 0
    const board = await connect(openInProcess({ millis: () => now }))
    await board.watch(1)
    now += 10_000
    const applied: number[] = []
    const plant = {
      observation: [1, 0, 0],
      terminated: false,
      maxSteps: 5,
      reset: () => {},
      step: (action: ArrayLike<number>) => applied.push(action[0]),
    }
    const real = await driveRealTime(board, plant, { episodes: 1, hz: 20, failsafe: [0.5] })
    expect(real.failsafes).toBeGreaterThanOrEqual(2)
    expect(applied.slice(0, 2)).toEqual([0.5, 0.5])
    expect((await board.stats()).board.failsafes).toBe(1)
  })

  it.each([
    ['hz', -5, 'expected ticks per second above 0'],
    ['hz', Number.NaN, 'expected ticks per second above 0'],
    ['hz', Infinity, 'expected ticks per second above 0'],
    ['hz', 0, 'expected ticks per second above 0'],
    ['episodes', 0, 'expected a whole number, 1 or more'],
    ['episodes', 0.5, 'expected a whole number, 1 or more'],
  ])('is refused for %s %d, before anything moves', async (field, value, expected) => {
    const board = await connect()
    const still = { observation: [1, 0, 0], terminated: false, maxSteps: 3, reset: () => {}, step: () => 0 }
    const driven = driveRealTime(board, still, { episodes: 1, hz: 100, [field]: value })
    await expect(driven).rejects.toThrow(InputError)
    await expect(driven).rejects.toThrow(`${field}: ${value}, ${expected}`)
    expect((await board.stats()).board.steps).toBe(0)
  })

  it('is not driven while a failsafe of before is latched: says at once what ends it', async () => {
    let now = 0
    const board = await connect(openInProcess({ millis: () => now }))
    await board.watch(1, { latch: true })
    now += 10_000
    let moved = 0
    const plant = { observation: [1, 0, 0], terminated: false, maxSteps: 50, reset: () => {}, step: () => moved++ }
    await expect(driveRealTime(board, plant, { episodes: 1, hz: 100 })).rejects.toThrow(
      'latched: it stands until it is released ("bpd boards --port in-process --release")',
    )
    expect(moved).toBe(0)
  })

  it('whose observations never come in time says that the failsafe stood', async () => {
    let now = 0
    const board = await connect(openInProcess({ millis: () => (now += 10_000) }))
    await board.watch(1)
    const plant = { observation: [1, 0, 0], terminated: false, maxSteps: 5, reset: () => {}, step: () => 0 }
    await expect(driveRealTime(board, plant, { episodes: 1, hz: 20 })).rejects.toThrow(
      /no action came in time at 20 Hz: at [1-5] of 5 ticks its failsafe stood/,
    )
  })

  it('stops at the first action that differs from the host’s', async () => {
    const board = await connect()
    const plant = plantOf(new Pendulum(), 3)
    const driven = driveRealTime(board, plant, { episodes: 1, hz: 100, host: loadPolicy(pendulum(2)) })
    await expect(driven).rejects.toThrow(FailedError)
  })
})
