/** Policies with what another runtime gives for their observations: NAME.vectors.json beside NAME.onnx, NAME.pt, … */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importTeacher } from '../../trainer/teachers/import.ts'
import { outputOf } from './teacher-output.ts'

const ending = '.vectors.json'

export interface WithVectors {
  name: string
  policy: string
  vectors: string
}

/** None where there is no such folder. */
export function policiesIn(folder: string): WithVectors[] {
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files.flatMap((file) => {
    const stem = file.endsWith(ending) ? file.slice(0, -ending.length) : undefined
    const name = files.find((one) => stem !== undefined && one.startsWith(`${stem}.`) && !/\.(json|data)$/.test(one))
    return name ? [{ name, policy: join(folder, name), vectors: join(folder, file) }] : []
  })
}

/** The largest error of an action, as a part of its magnitude or of 1, whichever is more. */
export async function errorOf({ policy, vectors }: WithVectors): Promise<number> {
  const { said = {}, pairs } = JSON.parse(readFileSync(vectors, 'utf8'))
  const { teacher } = await importTeacher(policy, said)
  let error = 0
  for (const { inputs, outputs } of pairs as { inputs: object; outputs: object }[]) {
    const [observation] = Object.values(inputs)
    const [action] = Object.values(outputs) as number[][]
    const found = outputOf(teacher, observation)
    if (found.length !== action.length) return Infinity
    for (const [i, x] of action.entries()) error = Math.max(error, Math.abs(found[i] - x) / Math.max(1, Math.abs(x)))
  }
  return error
}
