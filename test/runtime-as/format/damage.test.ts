import { describe, expect, it } from 'vitest'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import * as layout from '../../../runtime-as/kernel/assembly/layout.ts'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { referenceForward } from '../../../runtime-as/kernel/reference.ts'
import {
  awkwardObservation,
  bits,
  contractFor,
  observationsFor,
  randomNetwork,
  uniform,
} from '../../support/networks.ts'
import { resealed, tinyFile } from '../../support/tiny.ts'

describe('a damaged file is refused with InputError', () => {
  it('whichever byte is altered, to whatever value', () => {
    const file = tinyFile()
    for (let i = 0; i < file.length; i++) {
      for (let change = 1; change < 256; change++) {
        file[i] ^= change
        expect(() => decodePolicy(file, 'x.bpd')).toThrow(InputError)
        file[i] ^= change
      }
    }
    decodePolicy(file)
  })

  it('wherever it is cut, and with anything behind its end', () => {
    const file = tinyFile()
    for (let length = 0; length < file.length; length++) {
      expect(() => decodePolicy(file.slice(0, length))).toThrow(InputError)
      expect(() => decodePolicy(resealed(file.slice(0, length)))).toThrow(InputError)
    }
    for (const extra of [[0], [0xc0], [0, 0, 0, 0]]) {
      expect(() => decodePolicy(Uint8Array.of(...file, ...extra))).toThrow(InputError)
      expect(() => decodePolicy(resealed(Uint8Array.of(...file, ...extra)))).toThrow(InputError)
    }
  })

  it('when it is not a .bpd file at all', () => {
    const text = new TextEncoder().encode(`{"not":"a policy"}${' '.repeat(99)}`)
    expect(() => decodePolicy(text, 'notes.txt')).toThrow(/^notes.txt: first bytes: expected a .bpd file/)
    expect(() => decodePolicy(new Uint8Array(), 'empty.bpd')).toThrow(/^empty.bpd: length: expected at least 61 bytes$/)
    expect(() => decodePolicy('text' as never, 'x')).toThrow(/^x: expected bytes/)
    const later = tinyFile()
    later[layout.VERSION_BYTE] = 2
    expect(() => decodePolicy(resealed(later), 'later.bpd')).toThrow(/^later.bpd: bpd: expected format version 1$/)
  })
})

describe('a golden vector that is not reproduced', () => {
  it('is refused at load with FailedError, for one bit of one action', () => {
    const file = tinyFile()
    const coreEnd = layout.CORE + decodePolicy(file).coreBytes
    file[coreEnd - 4] ^= 1
    expect(() => loadPolicy(resealed(file), 'a.bpd')).toThrow(FailedError)
    expect(() => loadPolicy(file, 'a.bpd')).toThrow(/^a.bpd: golden vector 0: /)
    file[coreEnd - 4] ^= 1
    loadPolicy(resealed(file)).selfTest()
  })

  it('is refused when a weight changed by one bit and the CRC was made to fit', () => {
    const file = tinyFile()
    file[layout.CORE + layout.HEADER + 2 * layout.DESCRIPTOR + 12 + 8 + 4] ^= 4
    expect(() => loadPolicy(resealed(file))).toThrow(FailedError)
  })
})

/** Validates at the very end of a kernel's memory, where a byte read past the file traps. */
function validateAtEnd(file: Uint8Array): number {
  const kernel = newKernel(file.length + 3)
  const memory = new Uint8Array(kernel.memory.buffer)
  const at = (memory.length - file.length) & ~3
  memory.set(file, at)
  return kernel.validate(at, file.length)
}

/** Runs a core at the very end of memory; everything but scratch and action must stay as it was. */
function runAtEnd(core: Uint8Array, seed: number): void {
  const view = new DataView(core.buffer, core.byteOffset, core.length)
  const observations = view.getUint16(layout.OBSERVATIONS, true)
  const actions = view.getUint16(layout.ACTIONS, true)
  const kernel = newKernel(core.length + 4 * (observations + actions) + 8 * layout.MAX_WIDTH + 64)
  const memory = new Uint8Array(kernel.memory.buffer).fill(0x5a)
  const at = memory.length - core.length
  memory.set(core, at)
  const scratch = 16
  const work = kernel.workBytes(at)
  const action = scratch + work + 16
  const observation = at - 4 * observations
  new Float32Array(memory.buffer, observation, observations).set(awkwardObservation(observations, seed, 0.3))
  const before = memory.slice()
  kernel.goldenMismatch(at, scratch)
  kernel.forward(at, observation, action, scratch)
  before.set(memory.subarray(scratch, scratch + work), scratch)
  before.set(memory.subarray(action, action + 4 * actions), action)
  expect(Buffer.compare(before, memory)).toBe(0)
}

const INTERESTING = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff]

/** One to four changes, most in the header and the descriptors, where they matter. */
function mutate(file: Uint8Array, random: () => number): void {
  const coreBytes = new DataView(file.buffer).getUint32(layout.CORE_BYTES_BE)
  const heads = layout.HEADER + 3 * layout.DESCRIPTOR + 60
  const below = (limit: number) => Math.floor(random() * limit)
  for (let n = 1 + below(4); n > 0; n--) {
    const where = random()
    const at =
      where < 0.7
        ? layout.CORE + below(Math.min(heads, coreBytes))
        : where < 0.9
          ? layout.CORE + below(coreBytes)
          : below(file.length)
    const how = random()
    if (how < 0.4) file[at] = INTERESTING[below(INTERESTING.length)]
    else if (how < 0.7) file[at] += random() < 0.5 ? 1 : -1
    else if (how < 0.8) file[at] ^= 1 << below(8)
    else file[at] = below(256)
  }
}

describe('a hostile file, its CRC made to fit', () => {
  const shapes: [number[], number[]][] = [
    [
      [4, 12, 3],
      [0.4, 0.5],
    ],
    [
      [3, 9, 7, 2],
      [1, 0.2, 1],
    ],
    [
      [300, 6, 1],
      [0.02, 0.4],
    ],
    [[1, 1], [1]],
  ]
  const files = shapes.map(([sizes, densities]) => {
    const network = randomNetwork(sizes, densities)
    return encodePolicy(network, contractFor(network), observationsFor(network, 2))
  })

  it('never makes the kernel read or write outside: refused by validate, or it runs within its bounds', () => {
    const random = uniform(20)
    const found = new Map<number, number>()
    for (let round = 0; round < 6000; round++) {
      const file = files[round % files.length].slice()
      mutate(file, random)
      if (random() < 0.1) file.copyWithin(layout.CORE + 40, layout.CORE + 44)
      resealed(file)
      const code = validateAtEnd(file)
      found.set(code, (found.get(code) ?? 0) + 1)
      if (code === 0)
        runAtEnd(file.subarray(layout.CORE, file.length - layout.TRAILER).slice(0, coreBytesOf(file)), round)
    }
    // the mutations are worth something: most kinds of refusal were met, and many files passed
    expect(found.get(0)).toBeGreaterThan(100)
    expect(found.size).toBeGreaterThanOrEqual(14)
  })

  it('decodes to what the kernel runs, or is refused with InputError', () => {
    const random = uniform(21)
    let decodedFiles = 0
    for (let round = 0; round < 4000; round++) {
      const file = files[round % files.length].slice()
      mutate(file, random)
      let decoded: ReturnType<typeof decodePolicy>
      try {
        decoded = decodePolicy(resealed(file), 'hostile.bpd')
      } catch (error) {
        expect(error).toBeInstanceOf(InputError)
        expect((error as Error).message).toMatch(/^hostile\.bpd: [^\n]+expected [^\n]+$/)
        continue
      }
      decodedFiles++
      try {
        const policy = loadPolicy(file)
        const action = new Float32Array(decoded.contract.action.names.length)
        const observation = awkwardObservation(decoded.contract.observation.names.length, round, 0.2)
        policy.stepInto(observation, action)
        expect(bits(action)).toEqual(bits(referenceForward(decoded, observation)))
      } catch (error) {
        if (!(error instanceof FailedError)) throw error
        const differs = decoded.goldens.some(
          ({ observation, action }) => `${bits(referenceForward(decoded, observation))}` !== `${bits(action)}`,
        )
        expect(differs).toBe(true)
      }
    }
    expect(decodedFiles).toBeGreaterThan(50)
  })

  it('keeps nobody busy: the self-test is at most 16 inferences', () => {
    const manyGoldens = files[3].slice()
    new DataView(manyGoldens.buffer).setUint16(layout.CORE + layout.GOLDENS, 65535, true)
    expect(() => decodePolicy(resealed(manyGoldens))).toThrow(/golden vectors: expected 1..16/)
  })
})

const coreBytesOf = (file: Uint8Array): number =>
  new DataView(file.buffer, file.byteOffset).getUint32(layout.CORE_BYTES_BE)
