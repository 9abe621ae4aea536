/** The firmware as it is flashed, on the emulated Pico, behind a line with faults in both directions. */
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { openPicoEmulator } from '../../firmware-bridge/emulators/pico.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { badLine } from '../support/bad-line.ts'
import { observationsFor, randomNetwork } from '../support/networks.ts'
import { bits, policyFile } from '../support/policies.ts'

const FAULTS = { lost: 0.1, flipped: 0.002, twice: 0.05, late: 0.05, cut: 0.0005, inserted: 0.0005 }
// enough that the witnesses below, 62 damaged answers expected, are five deviations away
const STEPS = 250

it('an emulated Pico over a bad line takes two policies byte for byte, and no action of 500 is wrong', async () => {
  const emulator = await openPicoEmulator()
  const line = badLine({ name: 'pico-emulator', ...emulator }, FAULTS, 5)
  const board = await Board.connect(line, { timeout: 60, patience: 60_000, longPatience: 120_000, attempts: 20 })
  const observations = observationsFor(randomNetwork([11, 3], 1), STEPS, 9)
  const [here, there] = [new Float32Array(3), new Float32Array(3)]
  for (const file of [policyFile([11, 40, 40, 3], 1), policyFile([11, 30, 3], 2)]) {
    await board.install(file)
    expect(board.info.policy).toMatchObject({ crc: crc32(file), confirmed: true })
    expect(Buffer.from(emulator.flash).includes(Buffer.from(file))).toBe(true)
    const policy = loadPolicy(file)
    for (const observation of observations) {
      await board.step(observation, there.fill(0))
      policy.stepInto(observation, here)
      expect(bits(there)).toEqual(bits(here))
    }
  }
  const { board: device, host } = await board.stats()
  expect(device.steps).toBeGreaterThanOrEqual(2 * STEPS)
  expect(device.badCrc + device.dropped).toBeGreaterThan(20)
  expect(host.bad).toBeGreaterThan(20)
  expect(host.retries).toBeGreaterThan(50)
  expect(device.overruns).toBe(0)
  await board.close()
})
