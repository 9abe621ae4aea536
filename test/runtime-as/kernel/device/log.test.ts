import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { sealFrame, sealOf } from '../../../../firmware-bridge/host/frames.ts'
import { LOG_ENTRIES, STEP } from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../../runtime-as/kernel/policy.ts'
import { observationsFor, randomNetwork } from '../../../support/networks.ts'
import { policyFile, withAlteredGolden } from '../../../support/policies.ts'

const file = policyFile([5, 20, 2], 1)
const policy = loadPolicy(file)
const observations = observationsFor(randomNetwork([5, 2], 1), 700, 3)
const opened: Board[] = []

async function connect(options: InProcessOptions = {}) {
  let now = 0
  let cycles = 0
  const clocks = { millis: () => (now += 20), cycles: () => (cycles += 7) }
  const board = await Board.connect(openInProcess({ ...clocks, ...options }), { timeout: 50, patience: 200 })
  opened.push(board)
  await board.install(file)
  return board
}

const drive = async (board: Board, from: number, to: number) => {
  for (let i = from; i < to; i++) await board.step(observations[i], new Float32Array(2))
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('the log of a board', () => {
  it('is empty at first', async () => {
    expect(await (await connect()).log()).toEqual([])
  })

  it('tells each step: when, how long, and the action, in order', async () => {
    const board = await connect()
    await drive(board, 0, 40)
    const log = await board.log()
    expect(log.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    for (const [i, { action, cycles }] of log.entries()) {
      const expected = new Float32Array(2)
      policy.stepInto(observations[i], expected)
      expect(action).toEqual(expected)
      expect(cycles).toBe(7)
    }
    for (let i = 1; i < 40; i++) expect(log[i].milliseconds).toBeGreaterThan(log[i - 1].milliseconds)
  })

  it('names the request, from which the observation can be told', async () => {
    // the number of the session is the seed and the first count of cycles
    const board = await connect({ seed: () => 7 })
    await drive(board, 0, 3)
    const { contractHash = 0 } = board.info.policy ?? {}
    const seal = (step: number, sequence: number) => {
      const payload = new Uint8Array(observations[step].buffer)
      return sealOf(sealFrame({ type: STEP, status: 0, sequence: sequence & 0xffff, payload }, contractHash))
    }
    // sequences begin anywhere and count up
    const log = await board.log()
    const begun = Array.from({ length: 0x10000 }, (_, sequence) => sequence).filter((sequence) =>
      log.every(({ requestCrc }, i) => requestCrc === seal(i, sequence + i)),
    )
    expect(begun).toHaveLength(1)
  })

  it('keeps the last 256, however many there were', async () => {
    const board = await connect()
    for (const steps of [LOG_ENTRIES - 1, LOG_ENTRIES, LOG_ENTRIES + 1, 700]) {
      const { steps: before } = (await board.stats()).board
      await drive(board, before, steps)
      const log = await board.log()
      expect(log).toHaveLength(Math.min(steps, LOG_ENTRIES))
      expect(log.at(-1)?.number).toBe(steps - 1)
      expect(log[0].number).toBe(Math.max(0, steps - LOG_ENTRIES))
      const expected = new Float32Array(2)
      policy.stepInto(observations[log[0].number], expected)
      expect(log[0].action).toEqual(expected)
    }
  })

  it('keeps what the memory leaves, down to nothing, and the policy acts the same', async () => {
    // state without work memory, what the policy works in, and the second copy of its bounds
    const { workBytes, scrubbed } = (await connect()).info
    const least = 12288 - workBytes + 4 * (2 * 20 + 2) + (scrubbed ? 12 * 2 : 0)
    const entry = 12 + 4 * 2
    for (const [bytes, kept] of [
      [0, 0],
      [entry - 4, 0],
      [entry, 1],
      [10 * entry, 10],
      [10 * entry + 4, 10],
    ]) {
      const board = await connect({ stateBytes: least + bytes })
      await drive(board, 0, 25)
      expect(await board.log()).toHaveLength(kept)
      const [here, there] = [new Float32Array(2), new Float32Array(2)]
      policy.stepInto(observations[25], here)
      await board.step(observations[25], there)
      expect(there).toEqual(here)
    }
  })

  it('is emptied by a reset, and by an installation whether it succeeds or fails', async () => {
    const board = await connect()
    await drive(board, 0, 10)
    await expect(board.install(withAlteredGolden(policyFile([5, 60, 2], 2)))).rejects.toThrow(/golden/)
    expect(await board.log()).toEqual([])
    await drive(board, 0, 10)
    expect(await board.log()).toHaveLength(10)
    await board.reset()
    expect(await board.log()).toEqual([])
    await drive(board, 0, 3)
    await board.install(policyFile([5, 30, 2], 4))
    expect(await board.log()).toEqual([])
  })

  it('needs a policy', async () => {
    const board = await Board.connect(openInProcess())
    opened.push(board)
    await expect(board.log()).rejects.toThrow('in-process: the board runs no policy')
  })
})
