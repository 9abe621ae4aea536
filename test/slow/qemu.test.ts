/** Here the tests that need QEMU run, or fail: a plain `npm test` skips them where it is not installed. */
import { expect, it } from 'vitest'
import { missingQemu } from '../../firmware-bridge/emulators/qemu.ts'
import '../firmware-bridge/qemu.test.ts'

it('QEMU is installed', () => {
  expect(missingQemu()).toBeUndefined()
})
