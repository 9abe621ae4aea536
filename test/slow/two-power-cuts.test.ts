/** Updates whose power is cut twice: a fast test beside the device's own cuts it once, at every write. */
import { describe, expect, it } from 'vitest'
import type { FlashGeometry } from '../../firmware-bridge/emulators/flash-model.ts'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { uniform } from '../support/networks.ts'
import { policyFile } from '../support/policies.ts'

const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)
const TRIAL = { confirm: false }

describe('a power cut on the way from one policy to the next', () => {
  const GEOMETRIES: Record<string, FlashGeometry> = {
    'pages of 256 (RP2040)': { slotBytes: 16384, eraseBytes: 4096, programBytes: 256 },
    'words of 4 (STM32)': { slotBytes: 8192, eraseBytes: 1024, programBytes: 4 },
  }
  const PATIENCE = { timeout: 1, patience: 2, longPatience: 2, attempts: 1 }

  /** Does `work` with the power cut in operation `cutAt` after its start; then, with power again, what runs. */
  async function cut(
    geometry: FlashGeometry,
    flash: Uint8Array,
    cutAt: number,
    torn: () => number,
    work: (b: Board) => unknown,
  ) {
    const port = openInProcess({ ...geometry, flash })
    const board = await Board.connect(port, PATIENCE)
    Object.assign(port.board.flash, { cutAt: port.board.flash.operations + cutAt, torn })
    const whole = await Promise.resolve(work(board)).then(
      () => true,
      () => false,
    )
    await board.close()
    port.board.flash.cutAt = -1
    const after = port.board.flash.bytes.slice()
    const again = await Board.connect(openInProcess({ ...geometry, flash: after }), PATIENCE)
    const policy = again.info.policy
    await again.close()
    return { whole, flash: after, policy }
  }

  for (const [chip, geometry] of Object.entries(GEOMETRIES)) {
    it(`any two of them, torn in any way, leave the old or the new one confirmed, ${chip}`, async () => {
      const none = new Uint8Array(2 * geometry.slotBytes).fill(0xff)
      const before = (
        await cut(
          geometry,
          none,
          1e9,
          () => 0,
          (board) => board.install(old),
        )
      ).flash
      const onTrial = async (board: Board) => {
        await board.install(next, undefined, TRIAL)
        await board.confirm()
      }
      // the switch: the header, then the mark, are the last operations of all
      let operations = 0
      while (!(await cut(geometry, before, operations, () => 1, onTrial)).whole) operations++
      const header = Math.ceil(20 / geometry.programBytes)
      const switching = operations - header - 1
      for (let first = switching; first < operations; first++) {
        for (let seed = 0; seed < 6; seed++) {
          const once = await cut(geometry, before, first, tear(seed), onTrial)
          expect([old.length, next.length]).toContain(once.policy?.bytes)
          expect(once.policy?.confirmed).toBe(true)
          for (let second = 0; second <= operations; second += second < 3 || second >= switching - 1 ? 1 : 7) {
            const twice = await cut(geometry, once.flash, second, tear(seed + second), onTrial)
            expect([old.length, next.length], `cuts at ${first} and ${second}`).toContain(twice.policy?.bytes)
            expect(twice.policy?.confirmed).toBe(true)
          }
        }
      }
    }, 120_000)
  }
})

/** none of the bits changed, all of them, or some */
const tear = (seed: number): (() => number) => (seed % 3 === 0 ? () => 1 : seed % 3 === 1 ? () => 0 : uniform(seed))
