/** The clocks of boards over the numbers where they wrap: 2^24 and 2^32 cycles, 2^32 microseconds, 2^32 milliseconds. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import type { Bench } from '../../firmware-bridge/host/qualify/check.ts'
import { wraps } from '../../firmware-bridge/host/qualify/time.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'

const bytes = readFileSync('models/pendulum/student.bpd')

describe('over the wraps of its clocks, which are set shortly before them,', () => {
  it.each(['in-process', 'pico-emulator'])(
    '%s steps as before and after, and its watch stays quiet',
    async (name) => {
      // what this check works on: it opens a board of its own
      const bench = { kind: kindOf(name), policy: loadPolicy(bytes), bytes } as unknown as Bench
      const found = await wraps.run(bench)
      expect(found.said).toMatch(/^milliseconds and cycles wrapped within \d+ steps/)
      expect(found.verdict).toBe('pass')
    },
    120_000,
  )
})
