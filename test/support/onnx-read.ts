import { expect } from 'vitest'
import type { Said } from '../../trainer/teachers/format.ts'
import { onnxFormat } from '../../trainer/teachers/onnx/format.ts'
import { writeSafetensors } from '../../trainer/teachers/safetensors.ts'
import { decodeTeacher } from '../../trainer/teachers/teacher.ts'
import { type ModelOf, modelOf } from './onnx-writer.ts'
import { outputOf } from './teacher-output.ts'

export async function read(bytes: Uint8Array, said: Said = {}, name = 'policy.onnx') {
  const { warnings = [], ...tensors } = await onnxFormat.read({ bytes, name }, said)
  return { teacher: decodeTeacher(writeSafetensors(tensors), name), warnings }
}

export async function actionOf(model: ModelOf, x: number[]): Promise<number[]> {
  return outputOf((await read(modelOf(model))).teacher, x)
}

export function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length)
  for (const [i, x] of wanted.entries()) expect(Math.abs(found[i] - x)).toBeLessThan(1e-6 * Math.max(1, Math.abs(x)))
}

export const observations = [
  [0.3, -1.2, 2.5],
  [-4, 0, 0.01],
  [1, 1, 1],
]
export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
export const softplus = (x: number) => Math.log(1 + Math.exp(x))
/** by integration, in small steps */
export const erf = (x: number) => {
  const n = 20_000
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.exp(-((((i + 0.5) * x) / n) ** 2))
  return (2 / Math.sqrt(Math.PI)) * sum * (x / n)
}
