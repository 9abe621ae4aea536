/** The ONNX model in ONNX Runtime's WebAssembly: `npm ci --prefix test/support/onnx` installs it, as .ci/run does. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { generateOnnx } from '../../../runtime-as/exports/onnx.ts'
import { readProgram } from '../../../runtime-as/exports/program.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { fileOf } from '../../support/generated.ts'
import { observationsFor, randomNetwork } from '../../support/networks.ts'
import { quantised } from '../../support/quantised.ts'
import { describeWith } from '../../support/require.ts'

interface OnnxRuntime {
  InferenceSession: {
    create(model: Uint8Array): Promise<{ run(feeds: object): Promise<{ action: { data: Float32Array } }> }>
  }
  Tensor: new (type: 'float32', values: Float32Array, shape: number[]) => unknown
}

const folder = new URL('../../support/onnx/package.json', import.meta.url)

function onnxRuntime(): OnnxRuntime | undefined {
  try {
    return createRequire(folder)('onnxruntime-web')
  } catch {
    return undefined
  }
}

const models = fileURLToPath(new URL('../../../models/', import.meta.url))
const network = randomNetwork([9, 60, 50, 3], [0.4, 0.1, 1])
const policies: [string, () => Uint8Array][] = [
  ...readdirSync(models).map((name): [string, () => Uint8Array] => [
    `the student of ${name}`,
    () => readFileSync(join(models, name, 'student.bpd')),
  ]),
  ['a random network', () => fileOf(network)],
  ['one without a hidden layer', () => fileOf(randomNetwork([11, 3], 0.7))],
  ['one with weights of 8 bits', () => fileOf(quantised(network, 'int8'))],
]

const runtime = onnxRuntime()

describeWith('onnxruntime-web: npm ci --prefix test/support/onnx', runtime !== undefined)('ONNX Runtime', () => {
  it.each(policies)(
    'stays within 1e-6 of an action’s range on golden observations, 1e-5 on random ones: %s',
    async (_, read) => {
      const { InferenceSession, Tensor } = runtime as OnnxRuntime
      const file = read()
      const policy = loadPolicy(file)
      const { low, high } = policy.contract.action
      const session = await InferenceSession.create(generateOnnx(readProgram(file)))
      const action = new Float32Array(low.length)
      const { network, goldens } = decodePolicy(file)
      const worst = async (observations: Float32Array[]) => {
        let most = 0
        for (const observation of observations) {
          policy.stepInto(observation, action)
          const feeds = { observation: new Tensor('float32', observation, [1, observation.length]) }
          const { data } = (await session.run(feeds)).action
          for (const [i, value] of action.entries())
            most = Math.max(most, Math.abs(value - data[i]) / (high[i] - low[i]))
        }
        return most
      }
      expect(await worst(goldens.map((golden) => golden.observation))).toBeLessThan(1e-6)
      expect(await worst(observationsFor(network, 200))).toBeLessThan(1e-5)
    },
  )
})
