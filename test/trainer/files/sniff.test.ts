import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kindNames, kindOf } from '../../../trainer/files/sniff.ts'
import { sourceOf } from '../../../trainer/files/source.ts'
import { publicFiles, samples } from '../../support/kinds.ts'

describe('a file is known by its bytes', () => {
  it.each(samples)('$name: $kind', ({ kind, name, bytes }) => {
    expect(kindOf(sourceOf(bytes), name)).toBe(kind)
  })

  it.each(samples.filter(({ name }) => !name.includes('.')))('$name, whatever it is called', ({ kind, bytes }) => {
    for (const name of ['a.bpd', 'a.safetensors', 'a.onnx', 'a.zip']) expect(kindOf(sourceOf(bytes), name)).toBe(kind)
  })

  it('every kind has a sample, but for what is no file and for transitions, which are written to disk', () => {
    const sampled = new Set(samples.map(({ kind }) => kind))
    expect(kindNames.filter((kind) => !sampled.has(kind))).toEqual(['transitions', 'folder', 'device', 'pipe'])
  })

  it('any bytes are of some kind, and no look at them throws', () => {
    const altered = fc
      .tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(255), fc.nat())
      .map(([{ bytes }, at, value, length]) => {
        const copy = bytes.slice(0, 1 + (length % (bytes.length + 1)))
        copy[at % copy.length] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(altered, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        expect(kindNames).toContain(kindOf(sourceOf(bytes), 'file'))
      }),
      { numRuns: 3000, seed: 1 },
    )
  })
})

describe('a file that others wrote', () => {
  it.each(publicFiles)('$path: $kind', ({ path, kind }) => {
    expect(kindOf(sourceOf(readFileSync(path)), 'file')).toBe(kind)
  })
})
