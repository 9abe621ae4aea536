/** Under every compiler, level and kind of fusing: the bits of the kernel. A faster part: c.test.ts */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { build, FUSING, has, randomPolicies, shippedPolicies, tabled, unguarded } from '../support/exported-c.ts'
import { describeWith } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-exported-c-'))
afterAll(() => rmSync(folder, { recursive: true }))

const policies = [...shippedPolicies(), ...randomPolicies()]
const LEVELS = ['-O0', '-O1', '-O2', '-O3', '-Os']
const MATRIX = [
  ...LEVELS.map((level) => [level]),
  ...LEVELS.map((level) => [level, ...FUSING]),
  // GCC 12 fused here too
  ...['-O2', '-O3'].map((level) => [level, '-march=native', '-ffp-contract=off']),
].map((flags) => [flags.join(' '), flags] as const)

for (const compiler of ['gcc', 'clang']) {
  describeWith(compiler, has(compiler))(`the C of all shipped and 200 random policies, built by ${compiler}`, () => {
    it.each(MATRIX)('%s: no operation is fused and no bit differs', async (_, flags) => {
      const { fused, differ, noticed } = await build(join(folder, 'a'), policies, compiler, flags)
      expect({ fused, differ, noticed }).toEqual({ fused: 0, differ: differ && [], noticed: noticed && [] })
    })

    it.each(['-O0', '-O3', '-Os'])(
      '%s, as loops over tables: no operation is fused and no bit differs',
      async (level) => {
        const { fused, differ, noticed } = await build(join(folder, 'a'), policies.map(tabled), compiler, [
          level,
          ...FUSING,
        ])
        expect({ fused, differ, noticed }).toEqual({ fused: 0, differ: differ && [], noticed: noticed && [] })
      },
    )

    it('would be seen to fuse: without its guards most policies differ, and every self-test that should says so', async () => {
      const open = policies.map(unguarded)
      const { fused, differ, noticed } = await build(join(folder, 'b'), open, compiler, ['-O2', ...FUSING])
      expect(fused).toBeGreaterThan(1000)
      if (!differ) return
      expect(differ.length).toBeGreaterThan(100)
      expect(noticed).toEqual(expect.arrayContaining(differ))
    })
  })
}

for (const compiler of ['g++', 'clang++']) {
  describeWith(compiler, has(compiler))(`as C++11, built by ${compiler}`, () => {
    it('no operation is fused and no bit differs', async () => {
      const { fused, differ } = await build(join(folder, 'a'), policies, compiler, ['-O2', ...FUSING])
      expect({ fused, differ }).toEqual({ fused: 0, differ: differ && [] })
    })
  })
}
