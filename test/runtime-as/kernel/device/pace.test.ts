import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { jitterOf } from '../../../../firmware-bridge/host/log.ts'
import { encodePolicy } from '../../../../runtime-as/format/encode.ts'
import { contractFor, observationsFor, randomNetwork } from '../../../support/networks.ts'
import { policyFile } from '../../../support/policies.ts'

/** period 20 ms, as `contractFor` says */
const file = policyFile([3, 12, 2], 1)
const opened: Board[] = []

/** A board whose clock the test moves; steps after the given intervals, in milliseconds. */
async function paced() {
  let now = 0xfffffff0 // the clock wraps soon
  const board = await Board.connect(openInProcess({ millis: () => now }))
  opened.push(board)
  await board.install(file)
  const steps = async (...intervals: number[]) => {
    for (const interval of intervals) {
      now = (now + interval) >>> 0
      await board.step([0.1, 0.2, 0.3], new Float32Array(2))
    }
    const { fastWindows, slowWindows, interval } = (await board.stats()).board
    return { fastWindows, slowWindows, interval }
  }
  return { board, steps }
}
const times = (count: number, interval: number): number[] => Array(count).fill(interval)

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('the pace of the steps, by the board’s own clock', () => {
  it('is told after 100 intervals, not before', async () => {
    const { steps } = await paced()
    expect(await steps(0, ...times(99, 20))).toEqual({ fastWindows: 0, slowWindows: 0 })
    expect(await steps(20)).toEqual({ fastWindows: 0, slowWindows: 0, interval: 20 })
  })

  it.each([
    [15, 1, 0],
    [16, 0, 0],
    [24, 0, 0],
    [25, 0, 1],
  ])('%d ms where the contract says 20: %d too fast, %d too slow', async (interval, fastWindows, slowWindows) => {
    const { steps } = await paced()
    expect(await steps(0, ...times(100, interval))).toEqual({ fastWindows, slowWindows, interval })
    // windows follow one another without a gap
    expect(await steps(...times(200, interval))).toEqual({
      fastWindows: 3 * fastWindows,
      slowWindows: 3 * slowWindows,
      interval,
    })
  })

  it('one late step is jitter, which the log tells, not a wrong rate; the next window forgets it', async () => {
    const { board, steps } = await paced()
    const late = await steps(0, ...times(60, 20), 57, ...times(39, 20))
    expect(late).toEqual({ fastWindows: 0, slowWindows: 0, interval: 20.37 })
    const { worst } = jitterOf(await board.log(), 0.02)
    expect(worst).toBe(37)
    expect((await steps(...times(100, 20))).interval).toBe(20)
  })

  it('begins anew with another policy', async () => {
    const { board, steps } = await paced()
    await steps(0, ...times(90, 20))
    await board.install(policyFile([3, 9, 2], 2))
    expect(await steps(5000, ...times(99, 20))).toEqual({ fastWindows: 0, slowWindows: 0 })
    expect((await steps(20)).interval).toBe(20)
  })
})

it('actions on a bound are counted: what clamping left there', async () => {
  const network = randomNetwork([3, 8, 2], 1, { squash: 'clip' })
  const contract = { ...contractFor(network, 'clip') }
  const bytes = encodePolicy(network, contract, observationsFor(network, 3))
  const board = await Board.connect(openInProcess())
  opened.push(board)
  await board.install(bytes)
  const action = new Float32Array(2)
  const { low, high } = contract.action
  let bounded = 0
  for (let i = 0; i < 100; i++) {
    await board.step([(i % 7) - 3, (i % 5) - 2, (i % 11) - 5], action)
    const on = (a: number, k: number) => a === Math.fround(low[k]) || a === Math.fround(high[k])
    if ([...action].some(on)) bounded++
    for (const [k, a] of action.entries()) expect(a >= Math.fround(low[k]) && a <= Math.fround(high[k])).toBe(true)
  }
  expect(bounded).toBeGreaterThan(10)
  expect(bounded).toBeLessThan(90)
  expect((await board.stats()).board).toMatchObject({ bounded, steps: 100 })
})
