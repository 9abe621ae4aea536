/**
 * Tests that need more than npm: where the need is absent, `npm test` skips them by name. With BPD_REQUIRE=all, as `.ci/run` sets it, they fail
 * instead: nothing passes there because it was not run. What lies outside the repository (../shared) is never required.
 */
import { describe, it } from 'vitest'

const required = process.env.BPD_REQUIRE === 'all'

/** `describe`, where `present`; else skipped, or one failing test. need: what to install */
export function describeWith(need: string, present: boolean): (name: string, body: () => void) => void {
  return (name, body) => {
    if (present) describe(name, body)
    else if (!required) describe.skip(`${name} (needs ${need})`, body)
    else
      it(`${name} (needs ${need})`, () => {
        throw new Error(`expected ${need}: BPD_REQUIRE=all lets nothing be skipped`)
      })
  }
}
