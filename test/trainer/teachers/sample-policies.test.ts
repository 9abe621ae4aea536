/** Policies as their users have them act as other runtimes say, to 1e-5 of the action's magnitude. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importTeacher } from '../../../trainer/teachers/import.ts'
import { fixturePath } from '../../support/fixtures.ts'
import { outputOf } from '../../support/teacher-output.ts'

const ending = '.vectors.json'
const folders = [
  fixturePath('policies'),
  fileURLToPath(new URL('../../../../shared/reference/policies', import.meta.url)),
]
const samples = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
const withVectors = samples.flatMap((file) => {
  const stem = file.endsWith(ending) ? file.slice(0, -ending.length) : undefined
  const policy = samples.find((one) => stem !== undefined && one.startsWith(`${stem}.`) && !one.endsWith('.json'))
  return policy ? [[policy.split('/').at(-1)!, policy, file] as const] : []
})

describe('a policy with vectors of another runtime', () => {
  it.each(withVectors)('%s acts as they say', async (_, policy, vectors) => {
    const { said = {}, pairs } = JSON.parse(readFileSync(vectors, 'utf8'))
    const { teacher } = await importTeacher(policy, said)
    for (const { inputs, outputs } of pairs as { inputs: object; outputs: object }[]) {
      const [observation] = Object.values(inputs)
      const [action] = Object.values(outputs) as number[][]
      const found = outputOf(teacher, observation)
      expect(found).toHaveLength(action.length)
      for (const [i, x] of action.entries())
        expect(Math.abs(found[i] - x)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(x)))
    }
  })
})

const given = (name: string) => samples.find((file) => file.endsWith(`/${name}`))

describe('a policy of Augmented Random Search', () => {
  const file = given('ars-Hopper-linear.npz')
  it.skipIf(!file)('is one layer, M (x - mean) / std', async () => {
    const { teacher } = await importTeacher(file!)
    expect(teacher).toMatchObject({
      squash: 'clip',
      network: { layers: [{ inputs: 11, outputs: 3, activation: 'none' }] },
    })
    // its mean gives no action
    const { weights, bias } = teacher.network!.layers[0]
    expect(weights.every(Number.isFinite) && bias.some((b) => b !== 0)).toBe(true)
  })
})

describe('a recurrent policy', () => {
  const file = given('unitree-g1-lstm-torchscript.pt')
  it.skipIf(!file)('is refused by the name of its cell, with what to do', async () => {
    await expect(importTeacher(file!)).rejects.toThrow(
      'LSTM: recurrent policies are not supported: distill one that gets its past',
    )
  })
})
