/** A policy as this page runs it: the wasm that boards run, and its memory, where a bit can be flipped. */
import { decodePolicy, openPolicy } from '../../runtime-as/format/decode.ts'
import type { Contract } from '../../runtime-as/format/network.ts'
import * as layout from '../../runtime-as/kernel/assembly/layout.ts'
import { crc32, newKernel, reserve } from '../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'

/** What a look at the memory found. */
export interface Check {
  /** of the core as it lies in memory, and as it was loaded */
  crc: number
  expected: number
  /** the first golden vector that is not reproduced, from 0; -1: all are */
  wrongGolden: number
}

/** A bit that was flipped: of this byte of the core, in the weights of this layer, from 0. */
export interface Flip {
  byte: number
  bit: number
  layer: number
}

/**
 * One policy that acts. Every file passes `loadPolicy` first, as everywhere. What is flipped afterwards acts as it would on a board that does not
 * look: `check` is that look.
 */
export class Actor {
  readonly name: string
  readonly bytes: Uint8Array
  readonly contract: Contract
  readonly weights: number
  readonly goldens: number
  readonly crc: number
  /** of RAM that an inference works in */
  readonly workBytes: number
  readonly action: Float32Array
  /** the last look at the memory found a mistake */
  mistake = false
  readonly #core: Uint8Array
  readonly #sound: Uint8Array
  readonly #observation: Float32Array
  readonly #output: Float32Array
  readonly #kernel: ReturnType<typeof newKernel>
  readonly #scratch: number
  readonly #failsafe: Float32Array
  readonly #flippable: [from: number, to: number][]

  /** Throws InputError for bytes that are no policy, FailedError where its golden vectors are not reproduced. */
  constructor(bytes: Uint8Array, name: string) {
    loadPolicy(bytes, name)
    const { weights, goldens } = decodePolicy(bytes, name)
    const { contract, core: view } = openPolicy(bytes, name)
    this.name = name
    this.bytes = bytes
    this.contract = contract
    this.weights = weights
    this.goldens = goldens.length
    this.crc = crc32(bytes)
    const [observations, actions] = [contract.observation.names.length, contract.action.names.length]
    const coreBytes = view.byteLength
    const kernel = newKernel(coreBytes)
    this.workBytes = placeScratch(kernel, view)
    const input = coreBytes + this.workBytes
    reserve(kernel, input + 4 * (observations + actions))
    const { buffer } = kernel.memory
    this.#sound = new Uint8Array(view.buffer, view.byteOffset, coreBytes).slice()
    this.#core = new Uint8Array(buffer, 0, coreBytes)
    this.#core.set(this.#sound)
    this.#observation = new Float32Array(buffer, input, observations)
    this.#output = new Float32Array(buffer, input + 4 * observations, actions)
    this.#kernel = kernel
    this.#scratch = coreBytes
    this.#failsafe = Float32Array.from(contract.action.failsafe)
    this.action = new Float32Array(actions)
    this.#flippable = weightBytes(view)
  }

  /** One inference into `action`. observation: shape (observations) */
  act(observation: ArrayLike<number>): Float32Array {
    this.#observation.set(observation)
    const { admit, forward } = this.#kernel
    if (this.contract.observation.outside && admit(0, this.#observation.byteOffset) >= layout.REFUSE) {
      this.action.set(this.#failsafe)
      return this.action
    }
    forward(0, this.#observation.byteOffset, this.#output.byteOffset, this.#scratch)
    this.action.set(this.#output)
    return this.action
  }

  /** The action of one who acts in its place. */
  follow(given: Float32Array): Float32Array {
    this.action.set(given)
    return this.action
  }

  /** Flips one bit of its weights and biases. share: 0 up to 1, which one */
  flip(share: number): Flip {
    let left = Math.floor(share * 8 * this.#flippable.reduce((sum, [from, to]) => sum + to - from, 0))
    for (const [layer, [from, to]] of this.#flippable.entries()) {
      const bits = 8 * (to - from)
      if (left >= bits) {
        left -= bits
        continue
      }
      const [byte, bit] = [from + (left >> 3), left & 7]
      this.#core[byte] ^= 1 << bit
      return { byte, bit, layer }
    }
    throw new Error(`a share of ${share}, expected one from 0 up to 1`)
  }

  /** As loaded. */
  mend(): void {
    this.#core.set(this.#sound)
    this.mistake = false
  }

  /** What a board does at its start and before it accepts a file: checksum and golden vectors again, on the memory as it is. */
  check(): Check {
    const wrongGolden = this.#kernel.goldenMismatch(0, this.#scratch) - 1
    const [crc, expected] = [crc32(this.#core), crc32(this.#sound)]
    this.mistake = crc !== expected
    return { crc, expected, wrongGolden }
  }
}

/** Bytes of work memory behind the core, once it is there. */
function placeScratch(kernel: ReturnType<typeof newKernel>, view: DataView): number {
  const core = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  new Uint8Array(kernel.memory.buffer, 0, core.length).set(core)
  return kernel.workBytes(0)
}

/** Where the core holds weights, with biases among them: what a flip may hit without a stray address. Layer by layer: from, to */
function weightBytes(core: DataView): [from: number, to: number][] {
  const layers = Array.from(
    { length: core.getUint16(layout.LAYERS, true) },
    (_, i) => layout.HEADER + i * layout.DESCRIPTOR,
  )
  const parts = [layout.RUNS_AT, layout.VALUES_AT, layout.COLUMNS_AT, layout.SCALES_AT]
  const starts = layers.flatMap((layer) => parts.map((part) => core.getUint32(layer + part, true)))
  starts.push(core.getUint32(layout.GOLDEN, true), core.getUint32(layout.BOUNDS, true), core.byteLength)
  return layers.map((layer) => {
    const from = core.getUint32(layer + layout.VALUES_AT, true)
    return [from, Math.min(...starts.filter((start) => start > from))]
  })
}
