/** Loads a policy, says what it expects, and lets it act: `node examples/load-a-policy.ts [file.bpd]`. */
import { readFileSync } from 'node:fs'
import { loadPolicy } from 'bpd'

const policy = loadPolicy(readFileSync(process.argv[2] ?? 'models/pendulum/student.bpd'))
const { observation, action, period } = policy.contract

console.log(`observation: ${observation.names.join(', ')}; action: ${action.names.join(', ')}; every ${period} s`)

// both arrays are made once: a step allocates nothing
const x = new Float64Array(observation.names.length)
const y = new Float32Array(action.names.length)
x[0] = 1
policy.stepInto(x, y)
console.log([...y])
