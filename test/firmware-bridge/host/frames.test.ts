import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, type Frame, FrameDecoder, openFrame, sealFrame } from '../../../firmware-bridge/host/frames.ts'
import { END, ESC, MAX_FRAME, MAX_PAYLOAD, STEP } from '../../../runtime-as/kernel/assembly/device/protocol.ts'

const anyFrame = fc.record({
  type: fc.integer({ min: 1, max: 255 }),
  status: fc.integer({ min: 0, max: 255 }),
  sequence: fc.integer({ min: 0, max: 65535 }),
  payload: fc.uint8Array({ maxLength: MAX_PAYLOAD }),
})
const anyContract = fc.integer({ min: 0, max: 0xffffffff })
const frame: Frame = { type: STEP, status: 0, sequence: 7, payload: Uint8Array.of(1, 2, END, ESC, 5) }

/** What arrives when `bytes` cross the line in pieces cut at `cuts`. */
function decoded(bytes: Uint8Array, cuts: number[] = []): (Uint8Array | undefined)[] {
  const frames: (Uint8Array | undefined)[] = []
  const decoder = new FrameDecoder((frame) => frames.push(frame))
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    decoder.write(bytes.subarray(from, cut))
    from = cut
  }
  return frames
}

const encoded = (...frames: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(frames.map(encodeFrame)))

describe('a frame', () => {
  it('comes back as it went in, whatever it holds', () => {
    fc.assert(
      fc.property(anyFrame, anyContract, (any, contract) => {
        expect(openFrame(sealFrame(any, contract), contract)).toEqual(any)
      }),
      { seed: 1 },
    )
  })

  it('is not opened with any one byte altered', () => {
    const bytes = sealFrame(frame, 99)
    for (let at = 0; at < bytes.length; at++) {
      for (let flip = 1; flip < 256; flip++) {
        const altered = bytes.slice()
        altered[at] ^= flip
        expect(openFrame(altered, 99)).toBeUndefined()
      }
    }
  })

  it('is not opened under another contract, or as the answer to another request', () => {
    fc.assert(
      fc.property(anyContract, anyContract, (ours, theirs) => {
        fc.pre(ours !== theirs)
        expect(openFrame(sealFrame(frame, ours), theirs)).toBeUndefined()
      }),
      { seed: 2 },
    )
  })

  it('shorter or longer than any is not opened', () => {
    expect(openFrame(new Uint8Array(7), 0)).toBeUndefined()
    const payload = new Uint8Array(MAX_PAYLOAD + 1)
    expect(openFrame(sealFrame({ ...frame, payload }, 0), 0)).toBeUndefined()
  })
})

describe('on the line', () => {
  it('frames are found wherever the line cuts their bytes', () => {
    const sealed = sealFrame(frame, 0)
    const line = encoded(sealed, sealed)
    for (let cut = 0; cut <= line.length; cut++) {
      expect(decoded(line, [cut])).toEqual([sealed, sealed])
    }
  })

  it('a frame is found after any garbage', () => {
    const sealed = sealFrame(frame, 0)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (garbage) => {
        const frames = decoded(Uint8Array.of(...garbage, ...encoded(sealed)))
        expect(frames.at(-1)).toEqual(sealed)
      }),
      { seed: 3, examples: [[Uint8Array.of(ESC)], [Uint8Array.of(END, ESC)]] },
    )
  })

  it('what is too long or badly escaped is told as no frame, and the next one is found', () => {
    const sealed = sealFrame(frame, 0)
    const long = new Uint8Array(MAX_FRAME + 1).fill(1)
    for (const broken of [long, Uint8Array.of(1, ESC), Uint8Array.of(1, ESC, 7, 2)]) {
      expect(decoded(Uint8Array.of(...broken, END, ...encoded(sealed)))).toEqual([undefined, sealed])
    }
    expect(decoded(encoded(new Uint8Array(MAX_FRAME).fill(END)))).toHaveLength(1)
  })

  it('20 MB without an END take no longer a byte, and no more memory, than a frame does', () => {
    const decoder = new FrameDecoder(() => {})
    const chunk = new Uint8Array(65536).fill(1)
    const time = () => {
      const began = performance.now()
      for (let i = 0; i < 80; i++) decoder.write(chunk)
      return performance.now() - began
    }
    time()
    const { arrayBuffers } = process.memoryUsage()
    const [first, , last] = [time(), time(), time()]
    // quadratic: three and more times as long, and bytes kept
    expect(last).toBeLessThan(3 * first + 50)
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 20)
  })
})
