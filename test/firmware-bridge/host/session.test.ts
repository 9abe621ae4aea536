/** What was recorded on the line of a board without a key, played back to it: nothing is done twice, and nothing in another session. */
import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { policyFile } from '../../support/policies.ts'
import { recorded } from '../../support/recorded-line.ts'

const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)
const SESSION = 0x5e551011
const opened: Board[] = []

async function connect(options: InProcessOptions = {}) {
  const acted: Float32Array[] = []
  const port = openInProcess({ ...options, onAct: (action) => acted.push(action) })
  const { line, frames, play } = recorded(port)
  const board = await Board.connect(line, { timeout: 5, patience: 60, longPatience: 200 })
  opened.push(board)
  return { board, device: port.board, frames, play, acted }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

const step = (board: Board) => board.step([0.1, 0.2, 0.3], new Float32Array(1))

describe('frames played back', () => {
  it('in their own session install, confirm, move, watch and reset nothing', async () => {
    const { board, device, frames, play, acted } = await connect()
    await board.install(old)
    await board.install(next)
    await board.watch(200)
    await step(board)
    await step(board)
    const [{ operations }, moved] = [device.flash, acted.length]
    for (const frame of frames.slice(0, -1)) await play(frame)
    expect(device.flash.operations).toBe(operations)
    expect(acted).toHaveLength(moved)
    await step(board)
    const { board: counted } = await board.stats()
    expect(counted.stale).toBeGreaterThan(10)
    expect(board.info.policy?.bytes).toBe(next.length)
  })

  it('in a later session are noise: also a CONFIRM, while another policy is on trial', async () => {
    const { board, device, frames, play, acted } = await connect()
    await board.install(old)
    await board.install(next)
    await step(board)
    await board.reset()
    await board.install(old)
    await board.install(next, undefined, { confirm: false })
    const [{ operations }, moved, recordings] = [device.flash, acted.length, frames.slice()]
    await board.reset()
    for (const frame of recordings) await play(frame)
    expect(device.flash.operations).toBe(operations)
    expect(acted).toHaveLength(moved)
    expect((await board.hello()).policy).toMatchObject({ bytes: old.length, confirmed: true })
  })

  it('are noise when sequences have wrapped, and counting goes on over the wrap', async () => {
    const { board, device, frames, play, acted } = await connect({ seed: () => SESSION, cycles: () => 0 })
    await board.install(old)
    await step(board)
    const recording = frames.at(-1)!
    // in the device's state: the session's number, epoch, last sequence, that it was told
    const memory = new DataView(device.memory.buffer)
    const find = (from: number) => {
      let at = from
      while (memory.getUint32(at, true) !== SESSION || memory.getUint32(at + 12, true) !== 1) at += 4
      return at
    }
    const at = find(device.state)
    const [EPOCH, LAST_SEQUENCE] = [at + 4, at + 8]
    const sequence = memory.getUint32(LAST_SEQUENCE, true)
    // each word is there three times, at equal distances, where the device looks at its own state
    const copies = board.info.scrubbed ? 3 : 1
    const apart = copies > 1 ? find(at + 4) - at : 0
    const keep = (word: number, value: number) => {
      for (let copy = 0; copy < copies; copy++) memory.setUint32(word + copy * apart, value, true)
    }
    keep(LAST_SEQUENCE, 0xfffe)
    await board.hello()
    const moved = acted.length
    for (let i = 0; i < 4; i++) await step(board)
    expect(memory.getUint32(EPOCH, true)).toBe(1)
    expect(memory.getUint32(LAST_SEQUENCE, true)).toBe(2)
    keep(LAST_SEQUENCE, sequence - 1)
    await play(recording)
    expect(acted).toHaveLength(moved + 4)
    expect((await board.stats()).board.badCrc).toBe(1)
  })
})

describe('a host', () => {
  it('takes a session up where another left it', async () => {
    const { board, device, acted } = await connect()
    await board.install(old)
    await step(board)
    const other = await Board.connect({ name: 'again', duplex: device.duplex, close: async () => {} })
    await other.confirm()
    other.expect(undefined)
    const before = acted.length
    // the first host has been overtaken: told, and then understood again
    await step(board)
    expect(acted).toHaveLength(before + 1)
  })

  it('that knows only a session before is told, and understood the next time', async () => {
    const { board, device } = await connect()
    await board.install(old)
    device.powerOn()
    await expect(board.watch(3)).rejects.toThrow('in-process: the board has started anew')
    await board.watch(3)
    device.powerOn()
    await step(board)
  })
})
