/** Policies as their users have them act as other runtimes say, to 1e-5 of the action's magnitude. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importTeacher } from '../../../trainer/teachers/import.ts'
import { fixturePath } from '../../support/fixtures.ts'
import { errorOf, policiesIn } from '../../support/policy-vectors.ts'

const reference = fileURLToPath(new URL('../../../../shared/reference/policies', import.meta.url))

describe('a policy with vectors of another runtime', () => {
  const samples = [...policiesIn(fixturePath('policies')), ...policiesIn(reference)]
  it.each(samples)('$name acts as they say', async (sample) => {
    expect(await errorOf(sample)).toBeLessThanOrEqual(1e-5)
  })
})

const given = (name: string) => {
  const file = join(reference, name)
  return existsSync(file) ? file : undefined
}

describe('a policy of Augmented Random Search', () => {
  const file = given('ars-Hopper-linear.npz')
  it.skipIf(!file)('is one layer, its normaliser folded into it', async () => {
    const { teacher } = await importTeacher(file!)
    expect(teacher.squash).toBe('clip')
    expect(teacher.network?.layers).toMatchObject([{ inputs: 11, outputs: 3, activation: 'none' }])
    expect(teacher.network?.layers[0].bias.some((b) => b !== 0)).toBe(true)
  })
})

describe('a recurrent policy', () => {
  const file = given('unitree-g1-lstm-torchscript.pt')
  it.skipIf(!file)('is refused by the name of its cell, with what to do', async () => {
    await expect(importTeacher(file!)).rejects.toThrow('LSTM: recurrent policies are not supported: distill one that')
  })
})
