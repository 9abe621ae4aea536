/**
 * What a key costs: core cycles of a STEP on the emulated Pico from the request's last byte to the answer's first, with and without one, bytes on the line, and
 * the rate that is left at 115200 baud; instructions of the tags on the emulated Cortex-M4F. One JSON object.
 */
import { readFileSync } from 'node:fs'
import { openPolicy } from '../runtime-as/format/decode.ts'
import { countTags } from './chips/tags.ts'
import { flashWith, KEY, stepsOn } from './session-steps.ts'

const report: Record<string, object> = {}
for (const task of ['pendulum', 'hopper', 'ant']) {
  const policy = readFileSync(new URL(`../models/${task}/student.bpd`, import.meta.url))
  const without = stepsOn(await flashWith(policy, undefined), policy, undefined)
  const withKey = stepsOn(await flashWith(policy, KEY), policy, KEY)
  const { contract } = openPolicy(policy, task)
  const sizes = [contract.observation.names.length, contract.action.names.length]
  report[task] = {
    pico: {
      without,
      withKey,
      tagCycles: withKey.cycles - without.cycles,
      hertz: { without: Math.floor(1000 / without.milliseconds), withKey: Math.floor(1000 / withKey.milliseconds) },
    },
    cortexM4F: countTags(4 * sizes[0], 4 + 4 * sizes[1]),
  }
}
console.log(JSON.stringify(report, null, 2))
