import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder } from '../../../../firmware-bridge/host/frames.ts'
import { Requester } from '../../../../firmware-bridge/host/requester.ts'
import { decodeSession, isGuarded, plain, type Sealed, Session } from '../../../../firmware-bridge/host/session.ts'
import {
  ANSWER,
  BEGIN,
  BENCH,
  COMMIT,
  DATA,
  HELLO,
  KEY_BYTES,
  LOCK,
  LOG,
  MAX_PAYLOAD,
  OK,
  PAIR,
  RESET,
  RING_BYTES,
  SPEED,
  STATS,
  STEP,
  UNKNOWN_TYPE,
  WATCH,
} from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { kernelModule } from '../../../../runtime-as/kernel/module.ts'
import { uniform } from '../../../support/networks.ts'
import { policyFile, resealed } from '../../../support/policies.ts'

/** all that the device knows, as PROTOCOL.md lists them */
const TYPES = [
  ...readFileSync(new URL('../../../../firmware-bridge/PROTOCOL.md', import.meta.url), 'utf8')
    .split('### Status')[0]
    .matchAll(/^\| (\d+) +\| [A-Z]+ +\|/gm),
].map((row) => Number(row[1]))

const file = policyFile([5, 20, 2], 1)
const GEOMETRY = { slotBytes: 16384, stateBytes: 4096 }
/** milliseconds for each of the long tests */
const LONG = 2500

const PATIENCE = { timeout: 100, limit: 1000 }

async function upload(line: Requester, bytes: Uint8Array): Promise<void> {
  const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
  await line.request(BEGIN, words(bytes.length, crc32(bytes)), PATIENCE)
  for (let at = 0; at < bytes.length; at += 512) {
    await line.request(DATA, Uint8Array.of(...words(at), ...bytes.subarray(at, at + 512)), PATIENCE)
  }
  await line.request(COMMIT, new Uint8Array(0), PATIENCE)
}

const hasSpeeds = WebAssembly.Module.imports(kernelModule()).some(({ name }) => name === 'speed')

async function withPolicy(signed = false) {
  const port = openInProcess({ ...GEOMETRY, signed })
  const board = await Board.connect(port)
  await board.install(file)
  return { port, board, contract: board.info.policy?.contractHash ?? 0 }
}

describe('a device withstands', () => {
  it('any bytes: no trap, and the policy still runs', async () => {
    const { port, board } = await withPolicy()
    const random = uniform(1)
    const end = performance.now() + LONG
    for (let i = 0; i < 200_000 && performance.now() < end; i++) {
      const chunk = Buffer.from(Uint8Array.from({ length: 1 + 1200 * random() ** 4 }, () => 256 * random()))
      for (let k = 0; k < chunk.length; k++) if (random() < 0.02) chunk[k] = random() < 0.7 ? 0xc0 : 0xdb
      port.duplex.write(chunk)
    }
    await board.step([1, 2, 3, 4, 5], new Float32Array(2))
    const { board: counted } = await board.stats()
    expect(counted.badCrc).toBeGreaterThan(100)
    expect(counted.dropped).toBeGreaterThan(100)
    expect(counted.overruns).toBe(0)
    expect(board.info.policy?.bytes).toBe(file.length)
  })

  it.each([
    ['without signatures', false],
    ['with signatures', true],
  ])('any well-formed requests: no trap, no flash misuse, and what runs is a valid policy, %s', async (_, signed) => {
    const { port, board, contract } = await withPolicy(signed)
    const random = uniform(2)
    const pick = (list: number[]) => list[Math.floor(list.length * random())]
    const word = () => pick([0, 1, 255, 256, 512, 0x20001, file.length, 16128, 0x7fffffff, 0xffffffff])
    const end = performance.now() + LONG / 2
    const heard = new Map<number, Set<number>>()
    const session = new Session()
    const asked = new Map<number, Sealed>()
    const decoder = new FrameDecoder((bytes) => {
      if (bytes === undefined || bytes.length < 4) return
      const type = bytes[0] & ~ANSWER
      const answer = asked.get(type | (bytes[2] << 8) | (bytes[3] << 16))?.opens(bytes)
      if (!answer) return
      if (type === HELLO && answer.status === OK) session.enter(decodeSession(answer.payload))
      heard.set(type, (heard.get(type) ?? new Set()).add(answer.status))
    })
    port.duplex.on('data', (bytes: Uint8Array) => decoder.write(bytes))
    let requests = 0
    const send = async (type: number, payload: Uint8Array) => {
      // a key that nobody knows would end the test
      if (type === PAIR && payload.length === KEY_BYTES) return
      const sealed = isGuarded(type)
        ? session.seal('', type, payload, contract)
        : plain({ type, status: 0, sequence: requests & 0xffff, payload }, 0)
      asked.set(type | (sealed.sequence << 8), sealed)
      port.duplex.write(encodeFrame(sealed.bytes))
      // what a session is called is known once it has said so
      if (type === RESET) await send(HELLO, new Uint8Array(0))
      if (type === HELLO || requests % 100 === 0) await new Promise(setImmediate)
    }
    await send(HELLO, new Uint8Array(0))
    // enough that each has gone well once, however slow the machine
    for (; requests < 100_000 && (performance.now() < end || requests < 3000); requests++) {
      const kind = random()
      const type = kind < 0.4 ? pick([BEGIN, DATA, COMMIT]) : kind < 0.9 ? pick(TYPES) : Math.floor(256 * random())
      const length = random() < 0.6 ? pick([0, 2, 4, 8, 20, 516]) : MAX_PAYLOAD * random()
      const payload = Uint8Array.from({ length }, () => 256 * random())
      if (length >= 4) new DataView(payload.buffer).setUint32(0, word(), true)
      if (length >= 8 && random() < 0.5) new DataView(payload.buffer).setUint32(4, word(), true)
      await send(type, payload)
    }
    await new Promise(setImmediate)
    expect(requests).toBeGreaterThan(500)
    expect(TYPES).toHaveLength(14)
    // firmware without signatures does not hear a guarded LOCK at all; the smallest one knows no SPEED
    const known = TYPES.filter((type) => (signed || type !== LOCK) && (signed || hasSpeeds || type !== SPEED))
    expect([...heard.keys()]).toEqual(expect.arrayContaining(known))
    const unknown = [...heard.keys()].filter((type) => !known.includes(type))
    expect(unknown.length).toBeGreaterThan(20)
    for (const type of unknown) expect([...(heard.get(type) ?? [])], `${type}`).toEqual([UNKNOWN_TYPE])
    // those that take no secret went well at times, too
    for (const type of known) expect(heard.get(type), `${type}`).not.toContain(UNKNOWN_TYPE)
    for (const type of [HELLO, BEGIN, STEP, BENCH, STATS, RESET, WATCH, LOG]) expect(heard.get(type)).toContain(OK)
    await board.hello()
    // one of them may have begun a watch, which time has run out for
    await board.watch(0, { release: true })
    for (let i = 0; i < 2; i++) await board.step([1, 2, 3, 4, 5], new Float32Array(2)).catch(() => {})
    expect(board.info.policy?.bytes).toBe(file.length)
    await board.step([1, 2, 3, 4, 5], new Float32Array(2))
  })

  it('any altered file that a right CRC seals: refused, or run without a trap', async () => {
    // a minute between two looks at the clock: as many uploads as there are may be begun
    let now = 0
    const millis = () => {
      now += 60_000
      return now
    }
    const port = openInProcess({ ...GEOMETRY, millis })
    const line = new Requester(port)
    const board = await Board.connect(port)
    await board.install(file)
    await line.hello(PATIENCE)
    let installed = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(file.length - 5), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const altered = file.slice()
          for (const [at, flip] of changes) altered[at] ^= flip
          // past the host's own checks
          await upload(line, resealed(altered)).then(
            () => installed++,
            () => refused++,
          )
          await board.hello()
          const { policy } = board.info
          expect(policy).toBeDefined()
          line.contract = policy?.contractHash ?? 0
          const observation = new Float32Array(policy?.observations ?? 0).fill(Number.NaN)
          const answer = 4 + 4 * (policy?.actions ?? 0)
          await line.request(STEP, new Uint8Array(observation.buffer), PATIENCE, answer)
        },
      ),
      { seed: 4, numRuns: 200, interruptAfterTimeLimit: LONG },
    )
    expect(port.board.powered).toBe(true)
    expect(installed).toBeGreaterThan(10)
    expect(refused).toBeGreaterThan(100)
  })

  it('more bytes at once than its line buffer takes: it counts what it drops', async () => {
    const { port, board } = await withPolicy()
    port.board.receive(new Uint8Array(RING_BYTES - 10))
    port.board.receive(new Uint8Array(30))
    port.board.receive(new Uint8Array(5))
    expect((await board.stats()).board).toMatchObject({ overruns: 25, badCrc: 1 })
  })
})
