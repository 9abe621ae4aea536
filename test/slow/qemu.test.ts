/** Here the tests that need QEMU run, or fail: a plain `npm test` skips them where it is not installed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Board } from '../../firmware-bridge/client.ts'
import { missingQemu, openQemu } from '../../firmware-bridge/emulators/qemu.ts'
import { policyFile } from '../firmware-bridge/policies.ts'
import '../firmware-bridge/qemu.test.ts'

it('QEMU is installed', () => {
  expect(missingQemu()).toBeUndefined()
})

it('a board left alone goes into its failsafe by its own clock, and comes back with a fresh stream', async () => {
  const board = await Board.connect(await openQemu())
  const action = new Float32Array(6)
  const step = () => board.step(new Float32Array(17), action)
  await board.install(policyFile([17, 40, 30, 6], 1))
  // of 20 ms each: more than a busy machine takes for a few steps
  await board.watch(50)
  await step()
  await sleep(2500)
  for (const left of [3, 2, 1]) await expect(step()).rejects.toThrow(`until ${left} more come in time`)
  await step()
  expect((await board.stats()).board).toMatchObject({ failsafes: 1, steps: 2 })
  await board.close()
})
