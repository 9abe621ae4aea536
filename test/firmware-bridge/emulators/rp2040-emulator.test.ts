import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PicoMachine } from '../../../firmware-bridge/emulators/machine.ts'
import { openPicoEmulator } from '../../../firmware-bridge/emulators/pico.ts'
import { crc32Mpeg2 } from '../../../firmware-bridge/firmware/rp2040/board.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder, openFrame, sealFrame, sealOf } from '../../../firmware-bridge/host/frames.ts'
import { InputError } from '../../../runtime-as/errors.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import * as protocol from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { contractFor, observationsFor, randomNetwork } from '../../support/networks.ts'
import { policyFile } from '../../support/policies.ts'

const image = new Uint8Array(readFileSync(new URL('../../../firmware-bridge/images/rp2040.bin', import.meta.url)))

/** The image with its first instructions replaced, under a right checksum. */
function altered(...instructions: number[]): Uint8Array {
  const copy = image.slice()
  const view = new DataView(copy.buffer)
  for (const [i, instruction] of instructions.entries()) view.setUint16(2 * i, instruction, true)
  view.setUint32(252, crc32Mpeg2(copy.subarray(0, 252)), true)
  return copy
}

describe('an image', () => {
  it('that a Pico would not boot is refused in one line', async () => {
    const foreign = image.slice()
    foreign[0] ^= 1
    const tooLarge = new Uint8Array(2 ** 21 + 1)
    tooLarge.set(image)
    for (const wrong of [new Uint8Array(0), new Uint8Array(4096), foreign, tooLarge]) {
      const opening = openPicoEmulator({ image: wrong })
      await expect(opening).rejects.toThrow(InputError)
      await expect(opening).rejects.toThrow(/^image: .*expected 256 bytes with their CRC-32 first$/)
    }
    await expect(openPicoEmulator({ flash: new Uint8Array(10) })).rejects.toThrow('flash: 10 bytes, expected 2097152')
  })

  it('that goes astray ends the line and says where', async () => {
    const udf = 0xbeff // bkpt 255, which our fault handler holds
    const { duplex, close } = await openPicoEmulator({ image: altered(udf) })
    const error = await new Promise<Error>((resolve) => duplex.once('error', resolve))
    expect(error.message).toBe('pico-emulator: breakpoint 255: the firmware stopped at a fault')
    await close()
  })
})

const words = (payload: Uint8Array) => new Uint32Array(Uint8Array.from(payload).buffer)

/** A machine in this thread, and requests to it. */
function machineWith(flash: Uint8Array) {
  const answers: (Uint8Array | undefined)[] = []
  const decoder = new FrameDecoder((bytes) => answers.push(bytes))
  let firstByte = 0
  const machine: PicoMachine = new PicoMachine(flash, (byte) => {
    firstByte ||= machine.cycles
    decoder.write(Uint8Array.of(byte))
  })
  /** the answer's payload, and the core cycles from the last byte in to the first byte out */
  const ask = (type: number, payload: Uint8Array) => {
    const sealed = sealFrame({ type, status: 0, sequence: 1, payload }, 0)
    machine.receive(encodeFrame(sealed))
    while (machine.waiting > 0) machine.run(1000)
    const before = machine.cycles
    firstByte = 0
    while (machine.run(1_000_000));
    const answer = answers
      .map((bytes) => bytes && openFrame(bytes, sealOf(sealed)))
      .find((frame) => frame !== undefined)
    answers.length = 0
    return { answer: answer!, took: firstByte - before }
  }
  while (machine.run(1_000_000));
  return { machine, ask }
}

async function flashWith(policy: Uint8Array): Promise<Uint8Array> {
  const emulator = await openPicoEmulator()
  const board = await Board.connect({ name: 'pico-emulator', ...emulator })
  await board.install(policy)
  await board.close()
  return emulator.flash.slice()
}

describe('cycles that the board counts', () => {
  it('are cycles of the emulated core, over laps of the 24-bit counter too', async () => {
    const network = randomNetwork([3, 128, 128, 1], 1)
    const flash = await flashWith(encodePolicy(network, contractFor(network), observationsFor(network, 1)))
    const { ask } = machineWith(flash)
    const RUNS = 16
    const { answer, took } = ask(protocol.BENCH, Uint8Array.of(0, 0, RUNS, 0))
    const cycles = words(answer.payload)
    expect(cycles).toHaveLength(RUNS)
    const sum = cycles.reduce((a, b) => a + b)
    expect(sum).toBeGreaterThan(2 ** 24)
    // the rest: reading the request, looking at what runs, starting each inference, sealing the answer
    expect(took).toBeGreaterThan(sum)
    expect(took - sum).toBeLessThan(60_000)
    // the same inference: what differs is at most one interrupt of the counter
    expect(Math.max(...cycles) - Math.min(...cycles)).toBeLessThan(100)
  })

  it('are the same numbers each time the emulation runs', async () => {
    const flash = await flashWith(policyFile([5, 20, 20, 2], 3))
    const [a, b] = [0, 1].map(() => machineWith(flash.slice()).ask(protocol.BENCH, Uint8Array.of(0, 0, 9, 0)))
    expect(a.answer.payload).toEqual(b.answer.payload)
    expect(a.took).toBe(b.took)
  })
})

describe('the line', () => {
  it('takes bytes at 115200 baud, 16 at a time, and loses none while the core computes', async () => {
    const { machine, ask } = machineWith(await flashWith(policyFile([5, 20, 20, 2], 3)))
    const before = machine.cycles
    machine.receive(new Uint8Array(1152).fill(protocol.END))
    while (machine.run(100_000));
    const seconds = (machine.cycles - before) / 125e6
    expect(seconds).toBeGreaterThan(0.09)
    expect(seconds).toBeLessThan(0.11)
    const counters = words(ask(protocol.STATS, new Uint8Array(0)).answer.payload)
    expect(counters[protocol.STAT_OVERRUNS / 4]).toBe(0)
    expect(counters[protocol.STAT_DROPPED / 4]).toBe(0)
  })

  it('lets the emulator sleep while nobody speaks', () => {
    const { machine } = machineWith(new Uint8Array(2 ** 21).fill(0xff).map((byte, i) => image[i] ?? byte))
    expect(machine.run(1000)).toBe(false)
    const { cycles } = machine
    machine.run(1_000_000)
    expect(machine.cycles).toBe(cycles)
  })
})
