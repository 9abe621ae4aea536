import { describe, expect, it } from 'vitest'
import type { FlashGeometry } from '../../../../firmware-bridge/emulators/flash-model.ts'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { uniform } from '../../../support/networks.ts'
import { policyFile } from '../../../support/policies.ts'

const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)
const PATIENCE = { timeout: 1, patience: 2, longPatience: 2, attempts: 1 }

/** How the bits of the operation in which the power goes are left. */
const TEARS: Record<string, (seed: number) => () => number> = {
  'before anything changed': () => () => 1,
  'after all changed, before the device knows': () => () => 0,
  'half way': (seed) => uniform(seed),
  'almost done': (seed) => {
    const random = uniform(seed)
    return () => 0.501 * random()
  },
}

const GEOMETRIES: Record<string, FlashGeometry> = {
  'pages of 256 (RP2040)': { slotBytes: 16384, eraseBytes: 4096, programBytes: 256 },
  'words of 4 (STM32)': { slotBytes: 8192, eraseBytes: 1024, programBytes: 4 },
}

/** Both slots with `first` installed, and `second` after it if given. */
async function flashWith(geometry: FlashGeometry, ...files: Uint8Array[]): Promise<Uint8Array> {
  const port = openInProcess(geometry)
  const board = await Board.connect(port)
  for (const file of files) await board.install(file)
  await board.close()
  return port.board.flash.bytes.slice()
}

/** Installs `file` with the power cut in operation `cutAt`. Whether it was cut, and the flash after it. */
async function interrupted(
  geometry: FlashGeometry,
  flash: Uint8Array,
  file: Uint8Array,
  cutAt: number,
  torn: () => number,
) {
  const port = openInProcess({ ...geometry, flash })
  Object.assign(port.board.flash, { cutAt, torn })
  const board = await Board.connect(port, PATIENCE)
  const cut = await board.install(file).then(
    () => false,
    () => true,
  )
  await board.close()
  return { cut, flash: port.board.flash.bytes.slice() }
}

/** Bytes of the policy that a board with this flash runs, -1: none. */
async function runningBytes(geometry: FlashGeometry, flash: Uint8Array): Promise<number> {
  const board = await Board.connect(openInProcess({ ...geometry, flash }), PATIENCE)
  if (board.info.policy) await board.step([0.1, 0.2, 0.3], new Float32Array(1)).catch(() => {})
  await board.close()
  return board.info.policy?.bytes ?? -1
}

describe('a power cut at any flash operation of an update leaves the old or the new policy,', () => {
  for (const [chip, geometry] of Object.entries(GEOMETRIES)) {
    for (const [tear, torn] of Object.entries(TEARS)) {
      it(`torn ${tear}, ${chip}; the next update succeeds`, async () => {
        // the slot that is written held a policy before
        const before = await flashWith(geometry, next, old)
        const left = new Set<number>()
        let cuts = 0
        for (let cutAt = 0; ; cutAt++) {
          const { cut, flash } = await interrupted(geometry, before, next, cutAt, torn(cutAt))
          if (!cut) break
          cuts++
          const bytes = await runningBytes(geometry, flash)
          expect([old.length, next.length], `cut in operation ${cutAt}`).toContain(bytes)
          left.add(bytes)
          const after = await interrupted(geometry, flash, next, -1, torn(0))
          expect(await runningBytes(geometry, after.flash)).toBe(next.length)
        }
        const operations = Math.ceil(next.length / geometry.programBytes)
        expect(cuts).toBeGreaterThan(operations)
        expect(left).toContain(old.length)
      })
    }
  }

  it('also when the update after it is cut too', async () => {
    const geometry = GEOMETRIES['pages of 256 (RP2040)']
    const before = await flashWith(geometry, next, old)
    for (let first = 0; ; first++) {
      const once = await interrupted(geometry, before, next, first, uniform(first))
      if (!once.cut) break
      for (let second = 0; ; second++) {
        const twice = await interrupted(geometry, once.flash, next, second, uniform(second))
        if (!twice.cut) break
        expect([old.length, next.length]).toContain(await runningBytes(geometry, twice.flash))
      }
    }
  })
})

describe('a first installation', () => {
  it('cut anywhere leaves no policy or the whole one', async () => {
    const geometry = GEOMETRIES['pages of 256 (RP2040)']
    const empty = new Uint8Array(2 * geometry.slotBytes).fill(0xff)
    for (let cutAt = 0; ; cutAt++) {
      const { cut, flash } = await interrupted(geometry, empty, next, cutAt, uniform(cutAt))
      if (!cut) break
      expect([-1, next.length]).toContain(await runningBytes(geometry, flash))
    }
  })
})

describe('at its start a board', () => {
  const geometry = GEOMETRIES['pages of 256 (RP2040)']

  it('falls back to the other slot where any byte of the newest has rotted', async () => {
    const flash = await flashWith(geometry, old, next)
    const slot = geometry.slotBytes
    const unit = geometry.programBytes
    for (let at = 0; at < 2 * unit + next.length; at++) {
      // the rest of the header's unit, and of the mark's, holds nothing
      if (at % unit >= (at < unit ? 20 : 4) && at < 2 * unit) continue
      if (at >= 2 * unit && at % 7 !== 0) continue
      const rotten = flash.slice()
      rotten[slot + at] ^= 0x10
      expect(await runningBytes(geometry, rotten), `byte ${at}`).toBe(old.length)
    }
  })

  it('runs a rotten slot’s other one, then the other way round: whichever mark is gone', async () => {
    const flash = await flashWith(geometry, old, next)
    const unit = geometry.programBytes
    const without = (...slots: number[]) => {
      const copy = flash.slice()
      for (const slot of slots) copy.fill(0xff, slot * geometry.slotBytes + unit, slot * geometry.slotBytes + 2 * unit)
      return copy
    }
    expect(await runningBytes(geometry, flash)).toBe(next.length)
    expect(await runningBytes(geometry, without(0))).toBe(next.length)
    expect(await runningBytes(geometry, without(1))).toBe(old.length)
    expect(await runningBytes(geometry, without(0, 1))).toBe(next.length)
  })

  it('runs nothing, and says so, where both are noise', async () => {
    const random = uniform(3)
    for (let i = 0; i < 20; i++) {
      const noise = Uint8Array.from({ length: 2 * geometry.slotBytes }, () => 256 * random())
      expect(await runningBytes(geometry, noise)).toBe(-1)
    }
  })
})
