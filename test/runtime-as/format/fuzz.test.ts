import { describe, expect, it } from 'vitest'
import { type Kernel, newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { fuzz, tryFile } from '../../support/fuzz.ts'
import { seedFiles } from '../../support/mutate.ts'
import { resealed, tinyFile } from '../../support/tiny.ts'

describe('10,000 hostile files, half of them under a CRC that fits', () => {
  it('are refused exactly where SPEC.md refuses them; what passes runs within its own memory and its bounds', () => {
    const { sealed, accepted, codes } = fuzz(10_000, 2)
    expect(sealed).toBe(5000)
    // the changes are worth something: many files pass, and nearly every refusal is met
    expect(accepted).toBeGreaterThan(500)
    expect(Object.keys(codes).length).toBeGreaterThanOrEqual(18)
  })
})

describe('what the fuzzer tries', () => {
  it('passes unchanged, at either end of memory', () => {
    for (const [i, file] of seedFiles().entries()) expect(tryFile(newKernel(4 * 65536), file, i % 2 === 0, i)).toBe(0)
  })

  it('fails for a kernel that lets a wrong file pass, refuses a right one, or writes where it must not', () => {
    const kernel = newKernel(4 * 65536)
    const faulty = (change: Partial<Kernel>): Kernel => ({ ...kernel, ...change })
    const wrong = resealed(tinyFile().fill(0xff, 60, 64))
    expect(() => tryFile(faulty({ validate: () => 0 }), wrong, true, 1)).toThrow(/the opposite/)
    expect(() => tryFile(faulty({ validate: () => 1 }), tinyFile(), true, 1)).toThrow(/the opposite/)
    const forward: Kernel['forward'] = (core, observation, action, scratch) => {
      kernel.forward(core, observation, action, scratch)
      new Uint8Array(kernel.memory.buffer)[observation - 1]++
    }
    expect(() => tryFile(faulty({ forward }), tinyFile(), true, 1)).toThrow(/wrote outside/)
    expect(() => tryFile(faulty({ forward: () => {} }), tinyFile(), false, 1)).toThrow(/outside its bounds/)
  })
})
