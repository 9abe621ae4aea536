import { describe, expect, it } from 'vitest'
import type { ValueType } from '../../runtime-as/format/network.ts'
import { CORE, CORE_BYTES_BE } from '../../runtime-as/kernel/assembly/layout.ts'
import { uniform } from '../support/networks.ts'
import { policyFile } from '../support/policies.ts'
import { RottingBoard, STATED } from '../support/rot.ts'
import { everyForm } from '../support/targets.ts'

const FALLBACK = policyFile([5, 16, 2], 1)
const FILE = policyFile([5, 20, 2], 2)
/** where the file begins in a slot, program units of 256 bytes */
const FILE_AT = 512

/** From the file's start on: where its core is. */
function coreOf(file: Uint8Array): { from: number; end: number } {
  const bytes = new DataView(file.buffer, file.byteOffset).getUint32(CORE_BYTES_BE)
  return { from: CORE, end: CORE + bytes }
}

describe('a bit that flips while a policy runs', () => {
  it('any one of its core: no action outside the bounds, none wrong for longer than stated, the other policy runs, and it is told', async () => {
    const rotting = await RottingBoard.running(FALLBACK, FILE)
    const { from, end } = coreOf(FILE)
    const slot = rotting.slot + FILE_AT
    let wrong = 0
    for (let bit = 8 * (slot + from); bit < 8 * (slot + end); bit++) {
      const after = rotting.flip(bit)
      const where = `bit ${bit - 8 * slot}`
      expect(after, where).toMatchObject({ outside: 0, info: { policy: { generation: 1 } } })
      expect(after.info.fault, where).toBeDefined()
      expect(after.lastWrong, where).toBeLessThan(STATED)
      expect(after.right, where).toBeGreaterThan(5)
      if (!after.faulted) expect(after.stats.faults, where).toBe(1)
      if (after.wrong > 0) wrong++
    }
    // without the scrub these would be wrong for good
    expect(wrong).toBeGreaterThan(200)
  }, 120_000)

  it('any one of the rest of its file, to its last byte: no action is wrong, the other policy runs, and it is told', async () => {
    expect(FILE.length % 4).not.toBe(0)
    const rotting = await RottingBoard.running(FALLBACK, FILE)
    const { from, end } = coreOf(FILE)
    const slot = rotting.slot + FILE_AT
    for (let bit = 0; bit < 8 * FILE.length; bit++) {
      if (bit >= 8 * from && bit < 8 * end) continue
      const after = rotting.flip(8 * slot + bit)
      const where = `bit ${bit} of ${8 * FILE.length}`
      expect(after, where).toMatchObject({ outside: 0, wrong: 0, faulted: false, info: { policy: { generation: 1 } } })
      expect(after.info.fault, where).toBe('the policy was altered while it ran')
      expect(after.stats.faults, where).toBe(1)
    }
  }, 120_000)

  it('3,000 of its state: the same, and it runs on with the policy that it ran', async () => {
    const rotting = await RottingBoard.running(FALLBACK, FILE)
    const { from, bytes } = rotting.state
    const random = uniform(3)
    let mended = 0
    for (let i = 0; i < 3000; i++) {
      // every second one where the device's own words are
      const bit = 8 * from + Math.floor(random() * 8 * (i & 1 ? bytes : 700))
      const after = rotting.flip(bit)
      const where = `bit ${bit - 8 * from} of the state`
      expect(after, where).toMatchObject({ outside: 0, faulted: false, info: { policy: { generation: 2 } } })
      expect(after.lastWrong, where).toBeLessThan(STATED)
      expect(after.right, where).toBeGreaterThan(5)
      mended += after.stats.mended
    }
    expect(mended).toBeGreaterThan(500)
  }, 120_000)

  for (const values of ['f32', 'f16', 'int8', 'int8-fixed'] as ValueType[]) {
    it(`600 of a core in every form, ${values}`, async () => {
      const file = everyForm(values, 'relu')
      const rotting = await RottingBoard.running(everyForm(values, 'relu'), file)
      const { from, end } = coreOf(file)
      const random = uniform(4)
      for (let i = 0; i < 600; i++) {
        const bit = 8 * (rotting.slot + FILE_AT + from) + Math.floor(random() * 8 * (end - from))
        const after = rotting.flip(bit)
        const where = `bit ${bit - 8 * (rotting.slot + FILE_AT)}`
        expect(after, where).toMatchObject({ outside: 0, info: { policy: { generation: 1 } } })
        expect(after.lastWrong, where).toBeLessThan(STATED)
        expect(after.right, where).toBeGreaterThan(5)
      }
    }, 60_000)
  }
})
