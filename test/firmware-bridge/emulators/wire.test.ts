import { describe, expect, it } from 'vitest'
import { received } from '../../../firmware-bridge/emulators/wire.ts'
import { uniform } from '../../support/networks.ts'

const random = uniform(3)
const bytes = Uint8Array.from({ length: 400 }, () => Math.floor(256 * random()))

describe('a wire between two speeds', () => {
  it('carries every byte where they are within 5 %', () => {
    for (const off of [1, 0.96, 1.02, 1.04]) expect(received(bytes, 115_200, 115_200 * off)).toEqual(bytes)
  })

  it('is noise where they are not: more bytes for a faster receiver, fewer for a slower one', () => {
    const faster = received(bytes, 115_200, 921_600)
    const slower = received(bytes, 921_600, 115_200)
    expect(faster.length).toBeGreaterThan(bytes.length)
    expect(slower.length).toBeLessThan(bytes.length / 4)
    expect(slower.length).toBeGreaterThan(0)
  })

  it('samples as a UART does', () => {
    // 0x55 alternates, and a bit of the slow one is two of the fast one: 0|01100110|0, then from the next fall on 0|01100111|1
    expect([...received(Uint8Array.of(0x55), 57_600, 115_200)]).toEqual([0x66, 0xe6])
    // start and eight zeros are a low of nine slow bits: one byte of zeros, and nothing until the wire is high again
    expect([...received(Uint8Array.of(0), 57_600, 115_200)]).toEqual([0])
  })

  it('carries nothing where nothing is sent', () => {
    expect(received(new Uint8Array(0), 115_200, 921_600)).toEqual(new Uint8Array(0))
  })
})
