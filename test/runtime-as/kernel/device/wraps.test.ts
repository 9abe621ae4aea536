/** Every clock and counter of the device over the number where it wraps: set shortly before, not waited for. */
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { SCRUB_SHIFT, TRIAL_MILLIS } from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../../runtime-as/kernel/policy.ts'
import { policyFile } from '../../../support/policies.ts'

/** period 20 ms */
const file = policyFile([3, 12, 2], 1)
const policy = loadPolicy(file)
const PERIOD = 20
const opened: Board[] = []

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** A board whose clocks stand `before` milliseconds and 100,000 cycles before 2^32; each look at the counter is 1,000 cycles later. */
async function nearWrap(before: number) {
  const clock = { now: 2 ** 32 - before, cycles: 2 ** 32 - 100_000 }
  const cycles = () => {
    clock.cycles += 1000
    return clock.cycles >>> 0
  }
  const port = openInProcess({ millis: () => clock.now >>> 0, cycles })
  const board = await Board.connect(port, { timeout: 50, patience: 100 })
  opened.push(board)
  await board.install(file)
  return { board, device: port.board, clock }
}

const OBSERVATION = [0.1, 0.2, 0.3]
const expected = policy.step(OBSERVATION)

describe('over the wrap of its clocks a board', () => {
  it('counts the cycles of an inference as before and after', async () => {
    const { board, clock } = await nearWrap(1e6)
    const action = new Float32Array(2)
    for (let i = 0; i < 100; i++) {
      expect(await board.step(OBSERVATION, action)).toBe(1000)
      expect(action).toEqual(expected)
    }
    expect(clock.cycles).toBeGreaterThan(2 ** 32)
    expect([...(await board.bench(20))]).toEqual(Array(20).fill(1000))
  })

  it('watches, keeps the pace and looks at itself as before and after: no failsafe, no fault, no window amiss', async () => {
    const { board, device, clock } = await nearWrap(150 * PERIOD)
    await board.watch(3)
    const action = new Float32Array(2)
    for (let i = 0; i < 300; i++) {
      await board.step(OBSERVATION, action)
      for (let t = 0; t < PERIOD; t++, clock.now++) device.poll()
    }
    expect(clock.now).toBeGreaterThan(2 ** 32)
    const counted = (await board.stats()).board
    expect(counted).toMatchObject({
      failsafes: 0,
      faults: 0,
      mended: 0,
      fastWindows: 0,
      slowWindows: 0,
      interval: PERIOD,
    })
    const rounds = board.info.scrubbed ? (300 * PERIOD) / 2 ** SCRUB_SHIFT : 0
    expect(counted.scrubs).toBeGreaterThan(rounds - 1)
    const log = await board.log()
    for (let i = 1; i < log.length; i++) expect((log[i].milliseconds - log[i - 1].milliseconds) >>> 0).toBe(PERIOD)
  })

  it('puts the failsafe out when it should, where the wait itself wraps', async () => {
    const { board, device, clock } = await nearWrap(30)
    await board.watch(3)
    for (let t = 0; t < 63; t++, clock.now++) device.poll()
    device.poll()
    expect((await board.stats()).board.failsafes).toBe(0)
    clock.now++
    device.poll()
    expect((await board.stats()).board.failsafes).toBe(1)
  })

  it('ends a trial when it should', async () => {
    const { board, device, clock } = await nearWrap(TRIAL_MILLIS / 2)
    const next = policyFile([3, 16, 2], 2)
    await board.install(next, undefined, { confirm: false })
    clock.now += TRIAL_MILLIS - 1
    device.poll()
    expect((await board.hello()).policy?.bytes).toBe(next.length)
    clock.now++
    device.poll()
    expect((await board.hello()).policy?.bytes).toBe(file.length)
  })
})
