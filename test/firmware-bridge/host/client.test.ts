import { Duplex } from 'node:stream'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { MAX_FRAME } from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { badLine } from '../../support/bad-line.ts'
import { observationsFor, randomNetwork } from '../../support/networks.ts'
import { bits, policyFile, resealed, withAlteredGolden } from '../../support/policies.ts'

const file = policyFile([17, 40, 30, 6], 1)
const other = policyFile([17, 20, 20, 6], 2)
const opened: Board[] = []

async function connect(options: InProcessOptions = {}) {
  const port = openInProcess(options)
  const board = await Board.connect(port, { timeout: 20, patience: 200, longPatience: 2000 })
  opened.push(board)
  return { board, device: port.board }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

const expectRunning = (board: Board, bytes: Uint8Array) =>
  expect(board.info.policy).toMatchObject({ bytes: bytes.length, crc: crc32(bytes) })

describe('a fresh board', () => {
  it('says what it is, and that it runs nothing', async () => {
    const { board } = await connect()
    expect(board.info).toMatchObject({ name: 'in-process', protocol: 6, format: 1, programBytes: 256, clockHz: 1e9 })
    expect(board.info.policy).toBeUndefined()
    await expect(board.step([0], new Float32Array(1))).rejects.toThrow('in-process: the board runs no policy')
    await expect(board.bench(1)).rejects.toThrow(FailedError)
  })
})

describe('an installed policy', () => {
  it('is the one the board names, still after a reset', async () => {
    const { board } = await connect()
    const seen: number[] = []
    await board.install(file, (sent) => seen.push(sent))
    expectRunning(board, file)
    expect(board.info.policy).toMatchObject({ slot: 0, generation: 1, observations: 17, actions: 6, goldens: 3 })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(file.length)
    await board.reset()
    expectRunning(board, file)
  })

  it('acts with the bits of the policy on the host, NaN and infinities included', async () => {
    const { board } = await connect()
    await board.install(file)
    const policy = loadPolicy(file)
    const here = new Float32Array(6)
    const there = new Float32Array(6)
    const network = randomNetwork([17, 1], 1)
    for (const [i, observation] of observationsFor(network, 200, 5).entries()) {
      if (i % 10 === 0) observation[i % 17] = [Number.NaN, Infinity, -Infinity, -0][(i / 10) & 3]
      const cycles = await board.step(observation, there)
      policy.stepInto(observation, here)
      expect(bits(there)).toEqual(bits(here))
      expect(cycles).toBeGreaterThan(0)
    }
  })

  it('is timed on the board, one figure an inference', async () => {
    // the first is HELLO's, for the number of its session
    const times = [0, 10, 17, 100, 131, 200, 260]
    let reads = 0
    const { board } = await connect({ cycles: () => (reads < times.length ? times[reads++] : 5 * reads++) })
    await board.install(file)
    const cycles = await board.bench(300)
    expect([...cycles.subarray(0, 4)]).toEqual([7, 31, 60, 5])
    expect(cycles).toHaveLength(300)
  })

  it('gives way to the next, which goes to the other slot', async () => {
    const { board } = await connect()
    for (const [i, bytes] of [file, other, file, file].entries()) {
      await board.install(bytes)
      expectRunning(board, bytes)
      expect(board.info.policy).toMatchObject({ slot: i % 2, generation: i + 1 })
    }
  })

  it('works with any flash geometry', async () => {
    for (const programBytes of [1, 4, 8, 32, 256, 512]) {
      const { board } = await connect({ programBytes, eraseBytes: 2048, slotBytes: 0x8000 })
      for (const bytes of [file, other]) {
        await board.install(bytes)
        await board.reset()
        expectRunning(board, bytes)
      }
    }
  })
})

describe('refused, and the old policy runs on:', () => {
  async function expectRefusal(
    bytes: Uint8Array,
    type: typeof FailedError | typeof InputError,
    message: RegExp,
    options: InProcessOptions = {},
  ) {
    const { board, device } = await connect(options)
    await board.install(other)
    const operations = device.flash.operations
    const error: Error = await board.install(bytes).then(
      () => new Error('installed'),
      (reason) => reason,
    )
    expect(error).toBeInstanceOf(type)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    await board.reset()
    expectRunning(board, other)
    await board.step(new Float32Array(17), new Float32Array(6))
    return device.flash.operations - operations
  }

  it('what is no .bpd file', async () => {
    expect(await expectRefusal(new Uint8Array(100), InputError, /^policy: first bytes/)).toBe(0)
    expect(await expectRefusal(file.subarray(0, -1), InputError, /^policy: length/)).toBe(0)
  })

  it('a file larger than a slot, before anything is erased', async () => {
    const large = policyFile([17, 100, 100, 6], 3, { density: 1 })
    const message = /^policy: \d+ bytes, expected at most 7680 as a slot of in-process holds$/
    expect(await expectRefusal(large, InputError, message, { slotBytes: 8192 })).toBe(0)
  })

  it('a policy whose golden vectors come out different', async () => {
    const message = /^in-process: the board refused COMMIT: golden vector 0 comes out different/
    await expectRefusal(withAlteredGolden(file), FailedError, message)
  })

  it('a policy that needs more work memory than the board has', async () => {
    // 72 of them are the second copy of its bounds
    const wide = policyFile([17, 1200, 6], 3, { density: 0.01 })
    await expectRefusal(wide, FailedError, /needs (9624|9696) bytes of work memory/, { stateBytes: 4096 })
  })

  it('a policy with more observations than a frame holds', async () => {
    const wide = policyFile([130, 6], 3)
    await expectRefusal(wide, FailedError, /too wide for the line, expected at most 129 numbers/)
  })
})

describe('a step', () => {
  it('of a host that expects another contract is refused', async () => {
    const { board } = await connect()
    await board.install(file)
    const { contract } = decodePolicy(file)
    board.expect({ ...contract, task: 'another' })
    const step = board.step(new Float32Array(17), new Float32Array(6))
    await expect(step).rejects.toThrow(/^in-process: contract [0-9a-f]{8} expected, the board runs [0-9a-f]{8}$/)
    board.expect(undefined)
    await expect(board.step(new Float32Array(17), new Float32Array(6))).rejects.toThrow(InputError)
  })

  it('is not understood by a board whose policy was exchanged for one of another contract', async () => {
    const { board, device } = await connect()
    await board.install(file)
    // exchanged behind the host's back
    const foreign = policyFile([17, 20, 6], 4, { task: 'another' })
    const { board: second, device: donor } = await connect()
    await second.install(foreign)
    device.flash.bytes.set(donor.flash.bytes)
    device.powerOn()
    const step = board.step(new Float32Array(17), new Float32Array(6))
    await expect(step).rejects.toThrow(
      'in-process: the board reset or went back to the policy before, and no longer runs the expected contract',
    )
    expect((await board.stats()).board).toMatchObject({ steps: 0 })
  })

  it('of the wrong size is refused', async () => {
    const { board } = await connect()
    await board.install(file)
    await expect(board.step([1, 2], new Float32Array(6))).rejects.toThrow(
      '2 observations and 6 actions, expected 17 and 6',
    )
  })
})

describe('a board that', () => {
  it('stays silent fails in one line', async () => {
    const port = openInProcess()
    port.board.powered = false
    const connecting = Board.connect(port, { timeout: 4, patience: 20 })
    await expect(connecting).rejects.toThrow('in-process: silent, expected an answer from a board with bpd firmware')
    expect(port.duplex.destroyed).toBe(true)
  })

  it('resets anywhere in an upload still gets the policy', async () => {
    const { board, device } = await connect()
    await board.install(other)
    for (const when of [0, 512, 1024, file.length]) {
      let resets = 0
      const bytes = when === 512 ? file : resealed(file)
      await board.install(bytes, (sent) => {
        if (sent === when && resets++ === 0) device.powerOn()
      })
      expectRunning(board, bytes)
    }
  })

  it('keeps resetting fails, and keeps its old policy', async () => {
    const { board, device } = await connect()
    await board.install(other)
    const install = board.install(file, (sent) => {
      if (sent > 0) device.powerOn()
    })
    await expect(install).rejects.toThrow(/^in-process: the board (lost the upload at byte \d+|has started anew)$/)
    await board.hello()
    expectRunning(board, other)
  })

  it('loses its line fails in one line, at once', async () => {
    const { board, device } = await connect()
    await board.install(file)
    const install = board.install(other, (sent) => {
      if (sent > 1000) device.duplex.destroy()
    })
    await expect(install).rejects.toThrow('in-process: the line closed')
    await expect(board.stats()).rejects.toThrow(FailedError)
  })

  it('takes its line away in a reset is found again where the port can be reopened', async () => {
    const port = openInProcess()
    const line = () => badLine(port, {}, 0).duplex
    let reopened = 0
    const usb: Port = {
      name: 'usb',
      duplex: line(),
      close: port.close,
      async reopen() {
        reopened++
        port.board.powerOn()
        usb.duplex = line()
      },
    }
    const board = await Board.connect(usb, { timeout: 20, patience: 200 })
    await board.install(file, (sent) => {
      if (sent === 1024 && reopened === 0) usb.duplex.destroy()
    })
    expectRunning(board, file)
    const action = new Float32Array(6)
    for (let i = 0; i < 20; i++) {
      await board.step(new Float32Array(17), action)
      usb.duplex.destroy()
    }
    expect(reopened).toBe(20)
    await board.close()
  })

  it('was closed answers nothing more, and its port stays closed', async () => {
    const port = openInProcess()
    let reopened = 0
    const usb: Port = {
      ...port,
      name: 'usb',
      async reopen() {
        reopened++
        usb.duplex = badLine(port, {}, 0).duplex
      },
    }
    const board = await Board.connect(usb, { timeout: 20, patience: 200 })
    await board.install(file)
    const last = board.step(new Float32Array(17), new Float32Array(6))
    await board.close()
    // what was asked before is still answered
    await last
    const calls: (() => Promise<unknown>)[] = [
      () => board.hello(),
      () => board.stats(),
      () => board.install(other),
      () => board.step(new Float32Array(17), new Float32Array(6)),
      () => board.bench(1),
      () => board.watch(0),
      () => board.log(),
      () => board.pair(undefined),
      () => board.reset(),
    ]
    for (const call of calls) {
      const refused = call()
      await expect(refused).rejects.toThrow(FailedError)
      await expect(refused).rejects.toThrow('usb: closed, expected no request after that')
    }
    await board.close()
    expect(reopened).toBe(0)
  })

  it('behind a slow line is not sent a request again before it has left', async () => {
    const port = openInProcess()
    let most = 0
    // 20 bytes a millisecond
    const slow = new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        most = Math.max(most, slow.writableLength)
        setTimeout(() => port.duplex.write(chunk, done), chunk.length / 20)
      },
    })
    port.duplex.on('data', (bytes) => slow.push(bytes))
    const board = await Board.connect({ ...port, name: 'slow', duplex: slow }, { timeout: 4 })
    await board.install(file)
    expectRunning(board, file)
    expect(most).toBeLessThanOrEqual(2 * MAX_FRAME)
    await board.close()
  })

  it('reset between steps is asked again', async () => {
    const { board, device } = await connect()
    await board.install(file)
    const action = new Float32Array(6)
    await board.step(new Float32Array(17), action)
    const before = bits(action)
    device.powerOn()
    await board.step(new Float32Array(17), action.fill(0))
    expect(bits(action)).toEqual(before)
  })
})
