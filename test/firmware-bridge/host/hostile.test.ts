/** What a board that means harm cannot do to the client: make it loop, grow, take a wrong action, or throw anything but its own errors. */
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Frame } from '../../../firmware-bridge/host/frames.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import {
  BEGIN,
  BENCH,
  COMMIT,
  CONFIRM,
  DATA,
  FAILSAFE,
  HELLO,
  INFO_BYTES,
  LOG,
  RESET,
  STATS,
  STEP,
  WATCH,
} from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { type Answer, helloAnswer, hostilePort, words } from '../../support/hostile-board.ts'
import { policyFile } from '../../support/policies.ts'

const file = policyFile([3, 12, 1], 1)
const { contract, contractHash } = decodePolicy(file)
const policy = loadPolicy(file)
const bounds = `${Math.fround(contract.action.low[0])}..${Math.fround(contract.action.high[0])}`
const PATIENCE = { timeout: 2, patience: 6, longPatience: 6, attempts: 3, budget: 20_000 }
const opened: Board[] = []

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** A client of a board that runs a policy of `contract`, and answers all but HELLO as given. */
async function connect(
  answer: (request: Frame) => Answer | undefined,
  hello: Record<string, number> = {},
  budget = PATIENCE.budget,
) {
  const said = helloAnswer({ INFO_CONTRACT: contractHash, ...hello })
  const port = hostilePort((request) => (request.type === HELLO ? { payload: said } : answer(request)), contractHash)
  const board = await Board.connect(port, { ...PATIENCE, budget })
  opened.push(board)
  board.expect(contract)
  return { board, port }
}

const stepped = (board: Board, action = new Float32Array(1)) => board.step([0, 0, 0], action)
const float = (value: number) => new Uint8Array(Float32Array.of(value).buffer)

describe('an installation ends', () => {
  const large = policyFile([3, 120, 100, 1], 1)
  const offset = ({ payload }: Frame) => new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)
  const size = ({ payload }: Frame) => payload.length - 4

  it('when the first chunk is answered, the next is not, and the upload then stands at 0 again', async () => {
    const { board, port } = await connect((request) => {
      if (request.type === BEGIN) return { payload: words(0) }
      return request.type === DATA && offset(request) === 0 ? { payload: words(size(request)) } : undefined
    })
    await expect(board.install(large)).rejects.toThrow(/^hostile: the board lost the upload at byte \d+$/)
    expect(port.requests).toBeLessThan(200)
  })

  it('when every chunk comes, but only after a silence: at the end of its budget', async () => {
    let [asked, stands] = [0, 0]
    const slow = (request: Frame) => {
      if (request.type !== BEGIN && asked++ % 3 < 2) return undefined
      if (request.type === DATA) stands = offset(request) + size(request)
      return { payload: words(stands) }
    }
    const { board } = await connect(slow, { INFO_PROGRAM_BYTES: 4 }, 100)
    const ended = board.install(large)
    await expect(ended).rejects.toThrow(`hostile: ${large.length} bytes did not arrive within 0.1 s`)
    await expect(ended).rejects.toThrow(FailedError)
  })

  it.each([
    ['stands where it was', (request: Frame) => words(offset(request))],
    ['stands past the file’s end', () => words(0xffffffff)],
  ])('when it %s after a chunk', async (_, answer) => {
    const { board } = await connect((request) => ({
      payload: request.type === BEGIN ? words(0) : answer(request),
    }))
    await expect(board.install(file)).rejects.toThrow(
      /^hostile: the upload stands at \d+ of \d+ bytes, expected \d+ or more$/,
    )
  })

  it('when it begins past the file’s end', async () => {
    const { board } = await connect(() => ({ payload: words(1e9) }))
    await expect(board.install(file)).rejects.toThrow(
      'hostile: the upload stands at 1000000000 bytes, expected at most',
    )
  })
})

describe('a log', () => {
  /** as many steps as an answer holds, from the one asked for on */
  const page = (first: number) => {
    const payload = new Uint8Array(4 + 16 * 30)
    payload.set(words(first))
    return { payload }
  }
  const wanted = ({ payload }: Frame) => new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)

  it('that always has one more step has no more than 256', async () => {
    const { board, port } = await connect((request) => page(wanted(request)))
    expect(await board.log()).toHaveLength(256)
    expect(port.requests).toBeLessThan(20)
  })

  it('whose numbers do not rise is refused', async () => {
    const { board } = await connect(() => page(7))
    await expect(board.log()).rejects.toThrow('hostile: LOG begins with step 7, expected 37 or a later one')
  })
})

describe('an answer of a wrong length is one line, and no RangeError:', () => {
  const calls: [name: string, type: number, right: number, call: (board: Board) => Promise<unknown>][] = [
    ['BEGIN', BEGIN, 4, (board) => board.install(file)],
    ['STEP', STEP, 8, stepped],
    ['BENCH', BENCH, 4, (board) => board.bench(1)],
    ['STATS', STATS, 56, (board) => board.stats()],
    ['RESET', RESET, 0, (board) => board.reset()],
    ['CONFIRM', CONFIRM, 0, (board) => board.confirm()],
    ['WATCH', WATCH, 0, (board) => board.watch(1)],
    ['LOG', LOG, -1, (board) => board.log()],
  ]
  it.each(calls)('%s', async (name, type, right, call) => {
    for (const length of [0, 1, 3, 5, 7, 9, 515].filter((length) => length !== right)) {
      const { board } = await connect((request) =>
        request.type === type ? { payload: new Uint8Array(length) } : undefined,
      )
      const failed = call(board)
      await expect(failed, `${length}`).rejects.toThrow(
        new RegExp(`^hostile: answered ${name} ${length} bytes, expected`),
      )
      await expect(failed).rejects.toThrow(FailedError)
    }
  })

  it('DATA and COMMIT', async () => {
    for (const type of [DATA, COMMIT]) {
      const { board } = await connect((request) => {
        const payload = new DataView(request.payload.buffer, request.payload.byteOffset)
        if (request.type === type) return { payload: new Uint8Array(7) }
        if (request.type === BEGIN) return { payload: words(0) }
        return { payload: words(payload.getUint32(0, true) + request.payload.length - 4) }
      })
      await expect(board.install(file)).rejects.toThrow(/^hostile: answered (DATA|COMMIT) 7 bytes, expected [04]$/)
    }
  })

  it('a refusal', async () => {
    const { board } = await connect(() => ({ status: FAILSAFE, payload: new Uint8Array(3) }))
    await expect(stepped(board)).rejects.toThrow('hostile: answered STEP with status 16 and 3 bytes, expected 4')
  })

  it('HELLO', async () => {
    for (const length of [1, 7, 92, 115, 117, 516]) {
      const payload = new Uint8Array(length)
      payload.set(helloAnswer().subarray(0, length))
      const port = hostilePort(() => ({ payload }))
      await expect(Board.connect(port, PATIENCE)).rejects.toThrow(
        `hostile: answered HELLO ${length} bytes, expected ${INFO_BYTES}`,
      )
    }
  })
})

describe('a step', () => {
  it.each([1e30, -1e30, Infinity, Number.NaN, 1.0000001])('with action %d is not taken', async (value) => {
    const { board } = await connect(() => ({ payload: Uint8Array.of(...words(1000), ...float(value)) }))
    const action = Float32Array.of(0.25)
    const said = Math.fround(value)
    await expect(stepped(board, action)).rejects.toThrow(
      `hostile: action 0 is ${said}, expected ${bounds} as in the contract`,
    )
    await expect(stepped(board, action)).rejects.toThrow(FailedError)
    expect(action[0]).toBe(0.25)
  })

  it('with an action on its bounds is', async () => {
    const { board } = await connect(() => ({ payload: Uint8Array.of(...words(1000), ...float(-1)) }))
    const action = new Float32Array(1)
    expect(await stepped(board, action)).toBe(1000)
    expect(action[0]).toBe(-1)
  })

  it('takes no answer of its own type and number that was sealed for another request', async () => {
    const { board } = await connect(() => ({ payload: Uint8Array.of(...words(1000), ...float(1)), seal: 0x12345678 }))
    await expect(stepped(board)).rejects.toThrow('hostile: no answer from the board')
  })

  it('of a board that names the contract, but other sizes, is refused', async () => {
    const { board } = await connect(() => undefined, { INFO_ACTIONS: 2 })
    const said = 'hostile: HELLO says 3 observations and 2 actions, expected 3 and 1 as in the contract'
    await expect(stepped(board)).rejects.toThrow(said)
  })
})

describe('a session', () => {
  it('takes no answer of the one before it for an action, over a line that holds answers back', async () => {
    const firsts = new Set<number>()
    for (let attempt = 0; attempt < 21; attempt++) {
      const device = openInProcess({ slotBytes: 8192 })
      let held: Uint8Array | undefined
      let hold = false
      let sequence = -1
      /** a line of its own for each session; `hold` keeps the next answer for the session after */
      const line = () => {
        const port = hostilePort(() => undefined)
        const { duplex } = port
        const hear = (bytes: Uint8Array) => {
          if (hold) held = Buffer.concat([held ?? Buffer.alloc(0), bytes])
          else duplex.push(bytes)
        }
        duplex._write = (chunk: Buffer, _encoding, done) => {
          sequence = chunk.readUInt16LE(3)
          const old = held
          if (!hold && old) duplex.push(old)
          device.duplex.write(chunk)
          done()
        }
        device.duplex.on('data', hear)
        return { ...port, duplex, close: async () => void device.duplex.off('data', hear) }
      }
      const first = await Board.connect(line(), { ...PATIENCE, patience: 20, longPatience: 1000 })
      firsts.add(sequence)
      await first.install(file)
      const old = new Float32Array(1)
      await first.step([1, 1, 1], old)
      hold = true
      await first.step([1, 1, 1], old).catch(() => {})
      await first.close()
      hold = false
      const second = await Board.connect(line(), { ...PATIENCE, patience: 100 })
      second.expect(contract)
      const [now, expected] = [new Float32Array(1), new Float32Array(1)]
      for (let i = 0; i < 20; i++) {
        await second.step([-1, -1, i], now)
        policy.stepInto([-1, -1, i], expected)
        expect(now).toEqual(expected)
        expect(now).not.toEqual(old)
      }
      await second.close()
    }
    // sequences begin anywhere
    expect(firsts.size).toBeGreaterThan(15)
  })
})

describe('what HELLO says', () => {
  it.each([
    ['INFO_MAX_PAYLOAD', 0, 'maxPayload 0, expected 8..516'],
    ['INFO_MAX_PAYLOAD', 65535, 'maxPayload 65535, expected 8..516'],
    ['INFO_PROGRAM_BYTES', 0, 'programBytes 0, expected 1..512'],
    ['INFO_GOLDENS', 0, 'goldens 0, expected 1..'],
    ['INFO_ACTIONS', 0, 'actions 0, expected 1..128'],
    ['INFO_OBSERVATIONS', 60_000, 'observations 60000, expected 1..129'],
    ['INFO_CLOCK_HZ', 0, 'clockHz 0, expected 1..'],
    ['INFO_PERIOD', 0, 'period 0, expected 0.000001..'],
    ['INFO_SLOT', 7, 'slot 7, expected 0, 1 or 255'],
  ])('%s %d cannot be', async (field, value, message) => {
    const port = hostilePort(() => ({ payload: helloAnswer({ [field]: value }) }))
    await expect(Board.connect(port, PATIENCE)).rejects.toThrow(`hostile: HELLO says ${message}`)
    expect(port.duplex.destroyed).toBe(true)
  })

  it.each(['', 'a\u001b[31mb', 'a\0b', 'caf\u00e9', 'two\nlines'])('a board is not called %j', async (name) => {
    const port = hostilePort(() => ({ payload: helloAnswer({}, name) }))
    await expect(Board.connect(port, PATIENCE)).rejects.toThrow(
      /^hostile: HELLO names the board '[ -~]*', expected 1 to 16 printable/,
    )
  })

  it('under an older protocol, which seals nothing with its request, is named', async () => {
    const port = hostilePort(() => ({ payload: helloAnswer({ INFO_PROTOCOL: 4 }), seal: 0 }))
    await expect(Board.connect(port, PATIENCE)).rejects.toThrow('hostile: the firmware speaks protocol 4, expected 6')
  })
})

it('options that would wait for nothing, or for ever, are refused at the door', async () => {
  for (const [name, value] of Object.entries({ timeout: 0, patience: Number.NaN, attempts: -1, budget: 0 })) {
    const connecting = Board.connect(openInProcess(), { [name]: value })
    await expect(connecting).rejects.toThrow(`in-process: ${name} ${value}, expected a number above 0`)
    await expect(connecting).rejects.toThrow(InputError)
  }
})
