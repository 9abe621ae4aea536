/** Boards that answer anything: thousands of answers of wrong length, content, status, type, number and timing, on top of what a real device answers. */
import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { InProcessBoard } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder, openFrame, sealFrame, sealOf } from '../../../firmware-bridge/host/frames.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { uniform } from '../../support/networks.ts'
import { policyFile } from '../../support/policies.ts'

const files = [policyFile([3, 12, 1], 1), policyFile([3, 60, 60, 1], 2, { density: 0.5 })]
const { contract } = decodePolicy(files[0])
const [low, high] = [Math.fround(contract.action.low[0]), Math.fround(contract.action.high[0])]
const WORDS = [0, 1, 3, 255, 256, 512, 1000, 0x7149f2ca, 0x7fc00000, 0x7fffffff, 0xffffffff]
/** altered answers in all, by as many boards as that takes; calls to each */
const [ALTERED, CALLS] = [2000, 25]
/** requests of one call: an installation of the larger file by chunks of 4 bytes, begun three times */
const MOST = 12_000

interface Counted {
  answers: number
  altered: number
  requests: number
}

/** The device, whose answers someone alters on the way: this part of them. */
function alteredBoard(random: () => number, part: number, counted: Counted): Port {
  const device = new InProcessBoard({ slotBytes: 16384, programBytes: 4, eraseBytes: 4096 })
  const pick = <T>(list: T[]): T => list[Math.floor(list.length * random())]
  let seal = 0
  const push = (bytes: Uint8Array) => void (duplex.destroyed || duplex.push(bytes))
  const answers = new FrameDecoder((bytes) => {
    const answer = bytes && openFrame(bytes, seal)
    if (answer === undefined) return
    counted.answers++
    if (random() >= part) return push(encodeFrame(sealFrame(answer, seal)))
    counted.altered++
    const kind = random()
    if (kind < 0.3)
      answer.payload = Uint8Array.from({ length: pick([0, 1, 3, 4, 8, 56, 92, 516, 517]) }, () => 256 * random())
    else if (kind < 0.6 && answer.payload.length >= 4) {
      const view = new DataView(answer.payload.buffer, answer.payload.byteOffset)
      const at = Math.floor(random() * (answer.payload.length - 3))
      view.setUint32(random() < 0.5 ? at & ~3 : at, pick(WORDS), true)
    } else if (kind < 0.7) answer.status = Math.floor(256 * random() ** 3)
    else if (kind < 0.75) answer.type = Math.floor(256 * random())
    else if (kind < 0.8) answer.sequence ^= 1
    else if (kind < 0.9) return
    else if (kind < 0.95) {
      // of a flood without an END, or of garbage
      return push(Uint8Array.from({ length: 3000 }, () => (random() < 0.9 ? 1 : 256 * random())))
    }
    const line = encodeFrame(sealFrame(answer, seal))
    for (let copies = random() < 0.1 ? 3 : 1; copies > 0; copies--) {
      if (random() < 0.2) setTimeout(push, 4 * random(), line)
      else push(line)
    }
    if (random() < 0.005) duplex.destroy()
  })
  const requests = new FrameDecoder((bytes) => {
    if (bytes === undefined) return
    counted.requests++
    seal = sealOf(bytes)
    device.duplex.write(encodeFrame(bytes))
  })
  device.duplex.on('data', (bytes: Uint8Array) => answers.write(bytes))
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      requests.write(chunk)
      done()
    },
  })
  return {
    name: 'altered',
    duplex,
    async close() {
      duplex.destroy()
    },
  }
}

it('boards that answer anything: every call ends, with an action inside its bounds or in one of the client’s own errors', async () => {
  const random = uniform(3)
  const counted: Counted = { answers: 0, altered: 0, requests: 0 }
  const outcomes = new Map<string, number>()
  const saw = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
  const action = new Float32Array(1)
  const calls: [string, (board: Board) => Promise<unknown>][] = [
    ['install', (board) => board.install(files[Math.floor(2 * random())])],
    ['step', (board) => board.step([random(), random(), random()], action)],
    ['bench', (board) => board.bench(1 + Math.floor(400 * random()))],
    ['log', (board) => board.log()],
    ['stats', (board) => board.stats()],
    ['watch', (board) => board.watch(Math.floor(3 * random()))],
    ['confirm', (board) => board.confirm()],
    ['hello', (board) => board.hello()],
    ['reset', (board) => board.reset()],
  ]
  for (let i = 0; counted.altered < ALTERED; i++) {
    const port = alteredBoard(random, [0.02, 0.1, 0.5, 1][i % 4], counted)
    const options = { timeout: 1, patience: 3, longPatience: 3, attempts: 3, budget: 300 }
    const connected = await Board.connect(port, options).catch((error) => error)
    if (!(connected instanceof Board)) {
      expect(connected).toBeInstanceOf(FailedError)
      saw('connect failed')
      continue
    }
    for (let k = 0; k < CALLS; k++) {
      // most of a session is steps
      const [name, call] = k === 0 ? calls[0] : random() < 0.5 ? calls[1] : calls[Math.floor(calls.length * random())]
      const before = counted.requests
      await call(connected).then(
        (result) => {
          saw(`${name} ok`)
          if (name === 'step') expect(action[0] >= low && action[0] <= high).toBe(true)
          if (name === 'log') expect((result as unknown[]).length).toBeLessThanOrEqual(256)
        },
        (error: Error) => {
          saw(`${name} failed`)
          if (!(error instanceof FailedError || error instanceof InputError)) throw error
          expect(error.message).not.toMatch(/[^ -~’]/)
        },
      )
      expect(counted.requests - before).toBeLessThan(MOST)
      expect(connected.info.name).toMatch(/^[ -~]{1,16}$/)
    }
    await connected.close()
  }
  expect(counted.answers).toBeGreaterThan(ALTERED)
  for (const [name] of calls) {
    expect(outcomes.get(`${name} failed`), name).toBeGreaterThan(0)
    expect(outcomes.get(`${name} ok`), name).toBeGreaterThan(0)
  }
}, 120_000)
