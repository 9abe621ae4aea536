import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Frame, frameDecoder, frameEncoder, openFrame, sealFrame } from '../../../firmware-bridge/host/frames.ts'
import { END, ESC, MAX_PAYLOAD, STATS, STEP } from '../../../runtime-as/kernel/assembly/device/protocol.ts'

const anyFrame = fc.record({
  type: fc.integer({ min: 1, max: 255 }),
  status: fc.integer({ min: 0, max: 255 }),
  sequence: fc.integer({ min: 0, max: 65535 }),
  payload: fc.uint8Array({ maxLength: MAX_PAYLOAD }),
})
const anyContract = fc.integer({ min: 0, max: 0xffffffff })
const frame: Frame = { type: STEP, status: 0, sequence: 7, payload: Uint8Array.of(1, 2, END, ESC, 5) }

/** What arrives when `bytes` cross the line in pieces cut at `cuts`. */
async function decoded(bytes: Uint8Array, cuts: number[] = []): Promise<Uint8Array[]> {
  const decoder = frameDecoder()
  const frames: Uint8Array[] = []
  decoder.on('data', (part: Uint8Array) => frames.push(part))
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    decoder.write(bytes.subarray(from, cut))
    from = cut
  }
  await new Promise<void>((resolve) => decoder.end(resolve))
  return frames.filter(({ length }) => length > 0)
}

function encoded(...frames: Uint8Array[]): Uint8Array {
  const encoder = frameEncoder()
  for (const one of frames) encoder.write(one)
  return Uint8Array.from(encoder.read() as Buffer)
}

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

  it('of a control request is not opened under another contract, every other one is', () => {
    fc.assert(
      fc.property(anyContract, anyContract, (ours, theirs) => {
        fc.pre(ours !== theirs)
        expect(openFrame(sealFrame(frame, ours), theirs)).toBeUndefined()
        const stats = { ...frame, type: STATS }
        expect(openFrame(sealFrame(stats, ours), theirs)).toEqual(stats)
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
  it('frames are found wherever the line cuts their bytes', async () => {
    const sealed = sealFrame(frame, 0)
    const line = encoded(sealed, sealed)
    for (let cut = 0; cut <= line.length; cut++) {
      expect(await decoded(line, [cut])).toEqual([Buffer.from(sealed), Buffer.from(sealed)])
    }
  })

  it('a frame of the device, which two ENDs lead, is found after any garbage', async () => {
    const sealed = sealFrame(frame, 0)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (garbage) => {
        const frames = await decoded(Uint8Array.of(...garbage, END, ...encoded(sealed)))
        expect(frames.at(-1)).toEqual(Buffer.from(sealed))
      }),
      { seed: 3, examples: [[Uint8Array.of(ESC)], [Uint8Array.of(END, ESC)]] },
    )
  })
})
