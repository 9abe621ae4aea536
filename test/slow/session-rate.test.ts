/** What a key costs a control loop, in cycles of the emulated Pico, in instructions of the Cortex-M4F and in time at 115200 baud. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { countTags, tagsChip } from '../../bench/chips/tags.ts'
import { flashWith, KEY, stepsOn } from '../../bench/session-steps.ts'
import { describeWith } from '../support/require.ts'

const policy = readFileSync(new URL('../../models/pendulum/student.bpd', import.meta.url))

it('with a key a loop of 200 Hz holds at 115200 baud: 49 bytes a step, and 60,000 cycles at most for the tags', async () => {
  const without = stepsOn(await flashWith(policy, undefined), policy, undefined)
  const withKey = stepsOn(await flashWith(policy, KEY), policy, KEY)
  expect(withKey.cycles - without.cycles).toBeLessThan(60_000)
  // an escape now and then
  expect(withKey.bytes - without.bytes).toBeGreaterThanOrEqual(7)
  expect(withKey.bytes - without.bytes).toBeLessThanOrEqual(9)
  expect(withKey.milliseconds).toBeLessThan(1000 / 200)
})

describeWith('arm-none-eabi-gcc and QEMU', tagsChip() !== undefined)('on a Cortex-M4F', () => {
  it.each([
    ['pendulum', 3, 1],
    ['hopper', 11, 3],
    ['ant', 27, 8],
  ])('both tags of a STEP take 10,000 instructions at most: %s', (_, observations, actions) => {
    expect(countTags(4 * observations, 4 + 4 * actions).instructions).toBeLessThan(10_000)
  })
})
