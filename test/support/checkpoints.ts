/** Checkpoints to damage: by a bit, or in a field with a checksum that fits. */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect } from 'vitest'
import { InputError } from '../../runtime-as/errors.ts'
import { saveCheckpoint } from '../../trainer/teachers/checkpoint.ts'
import { headerLength, readSafetensors } from '../../trainer/teachers/safetensors.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere
type Anything = any

export interface Content {
  state: Anything
  tensors: Map<string, Float32Array>
}

/** Writes the checkpoint at `from` to `to` with something changed; its checksum is that of the changed one. */
export async function changeCheckpoint(from: string, to: string, change: (content: Content) => void): Promise<void> {
  const { tensors, metadata } = readSafetensors(readFileSync(from), from)
  const values = [...tensors].map(([name, tensor]): [string, Float32Array] => [name, tensor.values as Float32Array])
  const content: Content = { state: JSON.parse(metadata.state), tensors: new Map(values) }
  change(content)
  const identity = JSON.parse(metadata.identity)
  await saveCheckpoint(to, { format: metadata.format, identity }, content.state, content.tensors)
}

/** Every flipped bit is refused with InputError, or what `load` gives is what it was: all of the header's length, and samples of the rest. */
export function expectFlipsRefused(bytes: Uint8Array, path: string, load: () => unknown, numRuns: number): void {
  writeFileSync(path, bytes)
  const whole = load()
  const header = 8 * (8 + headerLength(bytes, bytes.length, path))
  let refused = 0
  const flip = (bit: number) => {
    // of a Buffer, slice would be no copy
    const copy = new Uint8Array(bytes)
    copy[bit >> 3] ^= 1 << (bit & 7)
    writeFileSync(path, copy)
    let loaded: unknown
    try {
      loaded = load()
    } catch (error) {
      expect(error, `bit ${bit}`).toBeInstanceOf(InputError)
      expect((error as Error).message).toContain(path)
      expect((error as Error).message).not.toContain('\n')
      refused++
      return
    }
    expect(loaded, `bit ${bit}`).toEqual(whole)
  }
  for (let bit = 0; bit < 64; bit++) flip(bit)
  const anywhere = fc.oneof(
    fc.integer({ min: 64, max: header - 1 }),
    fc.integer({ min: header, max: 8 * bytes.length - 1 }),
  )
  fc.assert(fc.property(anywhere, flip), { seed: 1, numRuns })
  expect(refused).toBeGreaterThan(0.9 * numRuns)
}
