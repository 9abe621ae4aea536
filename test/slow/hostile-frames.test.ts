/** 60,000 hostile frames at each kind of board: what they are told apart by, whoever sends them, and what the owner finds behind them. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  type InProcessBoard,
  type InProcessOptions,
  openInProcess,
} from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder, sealFrame } from '../../firmware-bridge/host/frames.ts'
import { signPolicy } from '../../firmware-bridge/host/signing.ts'
import { contractHash } from '../../runtime-as/format/contract.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { key } from '../support/locked.ts'
import { uniform } from '../support/networks.ts'
import { policyFile } from '../support/policies.ts'
import { recorded } from '../support/recorded-line.ts'

const FRAMES = 60_000
const file = policyFile([3, 12, 1], 1)
const other = policyFile([3, 20, 20, 1], 2)
const contract = contractHash(decodePolicy(file).contract)
const QUICK = { timeout: 20, patience: 400, longPatience: 2000 }
const UNGUARDED = [protocol.STATS, protocol.LOG, protocol.HELLO]

const step = (board: Board) => board.step([0.1, 0.2, 0.3], new Float32Array(1))

/** Frames that a stranger sends who has heard all that was said: `recordings`, and where the session stands. */
function* hostile(seed: number, recordings: readonly Uint8Array[], told: () => { number: number; sequence: number }) {
  const random = uniform(seed)
  const below = (n: number) => Math.floor(random() * n)
  const bytes = (length: number) => Uint8Array.from({ length }, () => below(256))
  const guarded = Array.from({ length: 32 }, (_, type) => type).filter((type) => (protocol.GUARDED >>> type) & 1)
  for (let i = 0; i < FRAMES; i++) {
    const kind = i % 6
    const type = guarded[below(guarded.length)]
    const length = [0, 2, 4, 8, 12, 32, 36, 300][below(8)]
    const { number, sequence } = told()
    const head = { type, status: 0, sequence: (sequence + 1 + below(3)) & 0xffff, payload: bytes(length) }
    const mix = number ^ (type === protocol.STEP ? contract : 0)
    const recording = recordings[below(recordings.length)]
    if (kind === 0) yield recording
    else if (kind === 1) {
      const altered = recording.slice()
      for (let flips = 0; flips <= below(3); flips++) altered[1 + below(altered.length - 2)] ^= 1 << below(8)
      yield altered
    }
    // sealed as without a key, in this session and for its next number
    else if (kind === 2) yield encodeFrame(sealFrame(head, mix))
    // the same with a tag that was made up in place of the seal
    else if (kind === 3) yield encodeFrame(Uint8Array.of(...sealFrame(head, mix).subarray(0, 4 + length), ...bytes(8)))
    // cut off, or with more behind it
    else if (kind === 4)
      yield Uint8Array.of(...recording.subarray(0, below(recording.length)), ...bytes(below(9)), 0xc0)
    else yield encodeFrame(sealFrame({ ...head, type: UNGUARDED[below(3)], payload: bytes(4 * below(2)) }, 0))
  }
}

/** A board that has run for a while, and all that its owner said. */
async function inUse(options: InProcessOptions, prepare: (board: Board) => Promise<void>) {
  const acted: Float32Array[] = []
  const port = openInProcess({ ...options, onAct: (action) => acted.push(action) })
  const { line, frames } = recorded(port)
  const board = await Board.connect(line, QUICK)
  await prepare(board)
  for (let i = 0; i < 5; i++) await step(board)
  await board.watch(0)
  await board.stats()
  return { board, device: port.board, frames: frames.slice(), acted }
}

/** What the device says of its session, as whoever hears HELLO knows. */
function session(device: InProcessBoard): () => { number: number; sequence: number } {
  const memory = new DataView(device.memory.buffer)
  let at = device.state
  while (memory.getUint32(at, true) !== 0xdcdbc0c0) at += 4
  return () => ({ number: memory.getUint32(at + 8, true), sequence: memory.getUint32(at + 16, true) })
}

/** Sends them all, and gives the types that were answered. */
async function attack(device: InProcessBoard, recordings: readonly Uint8Array[], seed: number): Promise<Set<number>> {
  const answered = new Set<number>()
  const decoder = new FrameDecoder((frame) => frame && answered.add(frame[0] & ~protocol.ANSWER))
  device.duplex.on('data', (bytes: Uint8Array) => decoder.write(bytes))
  let sent = 0
  for (const frame of hostile(seed, recordings, session(device))) {
    device.duplex.write(frame)
    if (++sent % 100 === 0) await new Promise(setImmediate)
  }
  expect(sent).toBe(FRAMES)
  await new Promise(setImmediate)
  return answered
}

describe('60,000 hostile frames', () => {
  it.each<[string, InProcessOptions]>([
    ['with a key', {}],
    ['with a key, locked to another that signs', { signed: true }],
  ])('change and move nothing on a board %s, and its owner goes on where he was', async (_, options) => {
    const line = randomBytes(32)
    const { board, device, frames, acted } = await inUse(options, async (board) => {
      await board.pair(line)
      await board.install(options.signed ? signPolicy(file, key, 1) : file)
      if (options.signed) await board.lock(key.publicKey)
    })
    const [flash, moved] = [device.flash.bytes.slice(), acted.length]
    const { operations } = device.flash
    const answered = await attack(device, frames, 1)
    expect([...answered].filter((type) => (protocol.GUARDED >>> type) & 1)).toEqual([])
    expect([...answered]).toEqual(expect.arrayContaining(UNGUARDED))
    expect(device.flash.operations).toBe(operations)
    expect(Buffer.compare(device.flash.bytes, flash)).toBe(0)
    expect(acted).toHaveLength(moved)
    const { badCrc, stale, frames: whole } = (await board.stats()).board
    expect(badCrc + stale + whole).toBeGreaterThan(FRAMES / 2)
    await step(board)
    await board.install(options.signed ? signPolicy(other, key, 2) : other)
    await step(board)
    await board.close()
  })

  it.each<[string, InProcessOptions]>([
    ['without a key', {}],
    ['with the smallest firmware', { small: true }],
    ['with firmware that knows signatures', { signed: true }],
  ])(
    'trap nothing on a board %s, put no action outside of its bounds, and leave a policy that runs',
    async (_, options) => {
      const { board, device, frames, acted } = await inUse(options, (board) => board.install(file))
      const answered = await attack(device, frames, 2)
      expect(answered.size).toBeGreaterThan(5)
      const { low, high } = decodePolicy(file).contract.action
      for (const [action] of acted) expect(action >= low[0] && action <= high[0]).toBe(true)
      expect(device.powered).toBe(true)
      const again = await Board.connect({ name: 'again', duplex: device.duplex, close: async () => {} }, QUICK)
      expect(again.info.policy).toBeDefined()
      await again.close()
      await board.close()
    },
  )
})
