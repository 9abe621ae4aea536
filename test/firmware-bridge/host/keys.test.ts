/** A board with a key: who does not have it changes and moves nothing, whatever he records, alters, plays back or makes up. */
import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder, sealFrame } from '../../../firmware-bridge/host/frames.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { Session } from '../../../firmware-bridge/host/session.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import * as protocol from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { badLine } from '../../support/bad-line.ts'
import { uniform } from '../../support/networks.ts'
import { policyFile } from '../../support/policies.ts'
import { recorded } from '../../support/recorded-line.ts'

const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1)
const QUICK = { timeout: 5, patience: 40, longPatience: 200 }
const opened: Board[] = []

/** A board that was paired, what it does, and its line, recorded. */
async function paired(options: InProcessOptions = {}) {
  const acted: Float32Array[] = []
  const port = openInProcess({ ...options, onAct: (action) => acted.push(action) })
  const { line, frames, play } = recorded(port)
  const board = await connect(line)
  await board.pair(KEY)
  await board.install(old)
  return { board, port, device: port.board, frames, play, acted }
}

async function connect(line: Port, key?: Uint8Array): Promise<Board> {
  const board = await Board.connect(line, { ...QUICK, key })
  opened.push(board)
  return board
}

/** Another host on the same board. */
const beside = ({ duplex }: Port): Port => ({ name: 'in-process', duplex, close: async () => {} })

const step = (board: Board) => board.step([0.1, 0.2, 0.3], new Float32Array(1))

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('a board with a key', () => {
  it('installs, confirms, watches, steps and resets for who has it, over wraps of the sequence too', async () => {
    const { board, device, acted } = await paired()
    expect(board.info.paired).toBe(true)
    await board.install(next, undefined, { confirm: false })
    await board.confirm()
    await board.watch(200)
    await step(board)
    await board.reset()
    expect(board.info).toMatchObject({ paired: true, policy: { bytes: next.length, confirmed: true } })
    const memory = new DataView(device.memory.buffer)
    // the state that is kept is there three times
    for (let at = device.state, copies = 0; copies < 3; copies++) {
      at = sessionAt(device, at)
      memory.setUint32(at + 8, 0xfffe, true)
    }
    await board.hello()
    for (let i = 0; i < 4; i++) await step(board)
    expect(acted).toHaveLength(5)
    expect(memory.getUint32(sessionAt(device) + 4, true)).toBe(1)
  })

  it('tells of itself to everyone, and takes nothing from who does not have it', async () => {
    const { port, device } = await paired()
    const stranger = await connect(beside(port))
    const { operations } = device.flash
    expect(stranger.info.paired).toBe(true)
    expect((await stranger.stats()).board.steps).toBe(0)
    await stranger.bench(2)
    await expect(stranger.watch(3)).rejects.toThrow(
      'in-process: the board takes WATCH only with its key, expected --key FILE',
    )
    await expect(stranger.install(next)).rejects.toThrow('the board takes BEGIN only with its key')
    await expect(stranger.pair(randomBytes(32))).rejects.toThrow('the board takes PAIR only with its key')
    expect(device.flash.operations).toBe(operations)
    const wrong = Board.connect(beside(port), { ...QUICK, key: randomBytes(32) })
    await expect(wrong).rejects.toThrow('in-process: the board does not have the key given')
  })

  it('answers no frame that is sealed as without a key, whatever is guessed of its session: no downgrade', async () => {
    const { board, port, device, acted } = await paired()
    await step(board)
    const random = uniform(1)
    const [{ operations }, moved] = [device.flash, acted.length]
    const heard: Buffer[] = []
    port.duplex.on('data', (bytes: Buffer) => heard.push(bytes))
    const contract = board.info.policy?.contractHash ?? 0
    const guarded = Array.from({ length: 32 }, (_, type) => type).filter((type) => (protocol.GUARDED >>> type) & 1)
    // HELLO told number, epoch and sequence: a stranger knows them
    const number = new DataView(device.memory.buffer).getUint32(sessionAt(device), true)
    for (let i = 0; i < 6000; i++) {
      const type = guarded[i % guarded.length]
      const payload = Uint8Array.from({ length: [0, 2, 4, 8, 12, 32, 300][i % 7] }, () => 256 * random())
      const mix = number ^ (type === protocol.STEP ? contract : 0)
      port.duplex.write(encodeFrame(sealFrame({ type, status: 0, sequence: (100 + i) & 0xffff, payload }, mix)))
    }
    await new Promise(setImmediate)
    expect(heard).toEqual([])
    expect(device.flash.operations).toBe(operations)
    expect(acted).toHaveLength(moved)
    await step(board)
  })

  it('takes no request with a bit altered anywhere, its tag included', async () => {
    const { board, device, frames, play, acted } = await paired()
    const session = new Session(KEY)
    await board.hello()
    const memory = new DataView(device.memory.buffer)
    const at = sessionAt(device)
    const told = { number: memory.getUint32(at, true), starts: 1, counter: memory.getUint32(at + 8, true) }
    session.enter({ ...told, keyed: true, worn: false })
    const { bytes } = session.seal('', protocol.WATCH, Uint8Array.of(200, 0), 0)
    const { operations } = device.flash
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const altered = bytes.slice()
      altered[bit >> 3] ^= 1 << (bit & 7)
      await play(encodeFrame(altered))
    }
    expect(frames.length).toBeGreaterThan(0)
    expect(device.flash.operations).toBe(operations)
    expect(acted).toEqual([])
    // as it is, it is taken: the step after it has another counter
    await play(encodeFrame(bytes))
    await step(board)
  })

  it('does nothing twice, in its own session and in later ones: recordings of a session before are noise', async () => {
    const { board, device, frames, play, acted } = await paired()
    await board.install(next)
    for (let i = 0; i < 5; i++) await step(board)
    for (const again of ['the same session', 'after a reset', 'after two']) {
      const [{ operations }, moved] = [device.flash, acted.length]
      for (const frame of frames.slice()) await play(frame)
      // each start is counted in flash once, when HELLO is first heard
      expect(device.flash.operations - operations, again).toBeLessThanOrEqual(1)
      expect(acted, again).toHaveLength(moved)
      expect((await board.hello()).policy, again).toMatchObject({ bytes: next.length, confirmed: true })
      await board.reset()
    }
  })

  it('numbers its sessions apart also where the chip has no randomness, through 60 starts', async () => {
    const port = openInProcess({ seed: () => 0, cycles: () => 0 })
    const { line, frames } = recorded(port)
    const board = await connect(line)
    await board.pair(KEY)
    await board.install(old)
    const seen = new Set<string>()
    for (let i = 0; i < 60; i++) {
      await step(board)
      seen.add(Buffer.from(frames.at(-1)!).toString('hex'))
      port.board.powerOn()
      await board.hello()
    }
    expect(seen.size).toBe(60)
    expect(board.info.paired).toBe(true)
  })
})

describe('a host with a key', () => {
  it('speaks to no board without one, nor to one that plays old answers back', async () => {
    const plain = openInProcess()
    const refused = Board.connect(plain, { ...QUICK, key: KEY })
    await expect(refused).rejects.toThrow(
      'in-process: the board has no key, expected the one given (pair it: bpd boards --pair)',
    )
    await expect(Board.connect(openInProcess(), { key: new Uint8Array(16) })).rejects.toThrow(
      'a key of 16 bytes, expected 32',
    )
  })

  it('takes no answer that was altered or made up, and no refusal either', async () => {
    const { port } = await paired()
    const forging = forged(port, (frame) => {
      // a right CRC over other contents, as whoever is in between can make it
      const type = frame[0] & ~protocol.ANSWER
      if (type !== protocol.WATCH && type !== protocol.STEP) return frame
      const altered = frame.slice()
      altered[type === protocol.STEP ? 8 : protocol.RESULT] ^= 1
      return altered
    })
    const board = await connect(forging, KEY)
    board.expect(decodePolicy(old).contract)
    const action = Float32Array.of(0.5)
    await expect(board.watch(3)).rejects.toThrow('no answer from the board')
    await expect(board.step([0, 0, 0], action)).rejects.toThrow('no answer from the board')
    expect(action[0]).toBe(0.5)
    expect((await board.stats()).host.bad).toBeGreaterThan(0)
  })

  it('installs and steps over a line with every fault at once', async () => {
    const port = openInProcess()
    const first = await connect(beside(port))
    await first.pair(KEY)
    const faults = { lost: 0.1, twice: 0.1, late: 0.05, flipped: 0.0005, cut: 0.0002, inserted: 0.0002 }
    const board = await Board.connect(badLine(port, faults, 5), { timeout: 2, patience: 400, attempts: 20, key: KEY })
    opened.push(board)
    await board.install(next)
    expect(board.info.policy).toMatchObject({ crc: crc32(next), confirmed: true })
    for (let i = 0; i < 300; i++) await step(board)
  })
})

describe('pairing', () => {
  it('is limited in rate as uploads are: 300 keys one after another wear no block out', async () => {
    let now = 0
    const { board, device } = await paired({ millis: () => now })
    const { erases } = device.flash
    const before = erases.reduce((sum, each) => sum + each)
    let taken = 0
    for (let i = 0; i < 300; i++) {
      const done = await board.pair(Uint8Array.from(KEY, (byte) => byte ^ (i + 1))).then(
        () => true,
        (error: Error) => error.message,
      )
      if (done === true) taken++
      else expect(done).toMatch(/or keys written, expected the next in \d+ s/)
    }
    expect(taken).toBeLessThan(16)
    expect(erases.reduce((sum, each) => sum + each) - before).toBeLessThanOrEqual(2 * taken)
    now += 60_000
    await board.pair(KEY)
    await step(board)
  })

  it('again takes the key before; undefined takes it away, and the one before is nowhere in flash', async () => {
    const { board, device } = await paired()
    const other = randomBytes(32)
    expect(Buffer.from(device.flash.bytes).includes(Buffer.from(KEY))).toBe(true)
    await board.pair(other)
    await step(board)
    expect(Buffer.from(device.flash.bytes).includes(Buffer.from(KEY))).toBe(false)
    await board.pair(undefined)
    expect(board.info.paired).toBe(false)
    expect(Buffer.from(device.flash.bytes).includes(other)).toBe(false)
    await step(board)
  })

  for (const [chip, geometry] of Object.entries({
    'pages of 256 (RP2040)': { slotBytes: 16384, eraseBytes: 4096, programBytes: 256 },
    'words of 4 (STM32)': { slotBytes: 8192, eraseBytes: 1024, programBytes: 4 },
  })) {
    it(`cut off at any flash operation leaves the key before or the new one, and so do starts: ${chip}`, async () => {
      const second = Uint8Array.from(KEY, (byte) => byte ^ 0xff)
      const has = async (flash: Uint8Array) => {
        for (const key of [KEY, second]) {
          const board = await Board.connect(openInProcess({ ...geometry, flash }), { ...QUICK, key }).catch(
            () => undefined,
          )
          await board?.close()
          if (board) return key === KEY ? 'before' : 'new'
        }
        return 'none'
      }
      const fresh = openInProcess(geometry)
      const first = await connect(beside(fresh))
      await first.pair(KEY)
      // nearly full of marks, so that starts have to move to the other half
      const starts = Math.floor((geometry.eraseBytes - 48) / geometry.programBytes) - 2
      for (let i = 0; i < Math.min(starts, 14); i++) {
        fresh.board.powerOn()
        await first.hello()
      }
      const before = fresh.board.flash.bytes.slice()
      const left = new Set<string>()
      for (let seed = 0; seed < 3; seed++) {
        for (let cutAt = 0; cutAt < 60; cutAt++) {
          const port = openInProcess({ ...geometry, flash: before })
          const random = uniform(100 * seed + cutAt)
          Object.assign(port.board.flash, { cutAt, torn: [() => 1, () => 0, random][seed] })
          const board = await Board.connect(port, {
            ...QUICK,
            timeout: 1,
            patience: 2,
            longPatience: 2,
            key: KEY,
          }).catch(() => undefined)
          await board?.pair(second).catch(() => {})
          const cut = !port.board.powered
          await board?.close()
          const key = await has(port.board.flash.bytes.slice())
          expect(['before', 'new'], `cut in operation ${cutAt}`).toContain(key)
          left.add(key)
          if (!cut) break
        }
      }
      expect([...left].sort()).toEqual(['before', 'new'])
    })
  }
})

/** Where the session lies in the device's state, behind the bytes that frames are sent with: its number, epoch, sequence. */
function sessionAt(device: ReturnType<typeof openInProcess>['board'], from = device.state): number {
  const memory = new DataView(device.memory.buffer)
  for (let at = from; ; at += 4) if (memory.getUint32(at, true) === 0xdcdbc0c0) return at + 8
}

/** Everything that the board says passes through `alter`, frame by frame, and gets a right CRC if it had one. */
function forged(port: Port, alter: (frame: Uint8Array) => Uint8Array): Port {
  const { line } = recorded(port)
  const decoder = new FrameDecoder((frame) => frame && through.push(encodeFrame(alter(frame))))
  const through = new Duplex({
    read() {},
    write: (chunk: Uint8Array, _encoding, done) => void line.duplex.write(chunk, () => done()),
  })
  line.duplex.on('data', (chunk: Uint8Array) => decoder.write(chunk))
  return { name: port.name, duplex: through, close: async () => void through.destroy() }
}
