import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { badLine, type Faults } from '../../support/bad-line.ts'
import { observationsFor, randomNetwork } from '../../support/networks.ts'
import { bits, policyFile } from '../../support/policies.ts'

const file = policyFile([11, 40, 40, 3], 1, { density: 0.5 })
const observations = observationsFor(randomNetwork([11, 1], 1), 1500, 9)
const policy = loadPolicy(file)

const LINES: Record<string, Faults> = {
  'that loses a tenth of its frames': { lost: 0.1 },
  'that flips a bit in one byte of a thousand': { flipped: 0.001 },
  'that repeats a fifth of its frames': { twice: 0.2 },
  'that delivers a tenth of its frames behind the next': { late: 0.1 },
  'that cuts and inserts bytes': { cut: 0.0005, inserted: 0.0005 },
  'that stands still for 200 ms now and then': { stalled: 0.002 },
  'with every fault at once': { lost: 0.1, twice: 0.1, late: 0.05, flipped: 0.0005, cut: 0.0002, inserted: 0.0002 },
}

describe('over a line', () => {
  for (const [name, faults] of Object.entries(LINES)) {
    it(`${name} a policy arrives byte for byte, and no action is wrong`, async () => {
      const port = openInProcess()
      const board = await Board.connect(badLine(port, faults, 7), { timeout: 2, patience: 400, attempts: 20 })
      await board.install(file)
      const slot = port.board.flash.bytes.subarray(2 * board.info.programBytes)
      expect(Buffer.from(slot.subarray(0, file.length)).equals(file)).toBe(true)

      const here = new Float32Array(3)
      const there = new Float32Array(3)
      for (const observation of observations) {
        await board.step(observation, there.fill(0))
        policy.stepInto(observation, here)
        expect(bits(there)).toEqual(bits(here))
      }
      const { host } = await board.stats()
      expect(host.retries + host.late).toBeGreaterThan(20)
      await board.close()
    })
  }

  it.each([
    ['pages of 256 (RP2040)', 256],
    ['words of 4 (STM32)', 4],
  ])(
    'that flips a bit in one byte of a hundred, loses, repeats, exchanges, cuts, inserts and stalls, a policy arrives all the same: %s',
    async (_, programBytes) => {
      const port = openInProcess({ programBytes })
      const faults = {
        flipped: 0.01,
        lost: 0.1,
        twice: 0.05,
        late: 0.05,
        cut: 0.0005,
        inserted: 0.0005,
        stalled: 0.002,
      }
      const board = await Board.connect(badLine(port, faults, 3), { timeout: 2, patience: 4000, attempts: 20 })
      await board.install(file)
      expect(board.info.policy).toMatchObject({ crc: crc32(file), confirmed: true })
      const { board: there, host } = await board.stats()
      expect(there.badCrc + there.dropped).toBeGreaterThan(20)
      expect(host.bad).toBeGreaterThan(5)
      expect(there.overruns).toBe(0)
      await board.close()
    },
  )
})
