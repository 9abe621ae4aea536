/** The C of a policy against compilers that fuse. All policies, compilers and flags: exported-c.test.ts */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fusedMultiplyAdd, fusionVectors } from '../../runtime-as/exports/fusion.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { build, FUSING, has, randomPolicies, shippedPolicies, tabled } from '../support/exported-c.ts'
import { fuseEach } from '../support/fused-c.ts'
import { kernelActions } from '../support/generated.ts'
import { bits, uniform } from '../support/networks.ts'
import { describeWith } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-c-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shipped = shippedPolicies()
const few = [...shipped.filter(({ name }) => ['hopper', 'pendulum'].includes(name)), ...randomPolicies(6)]

describe('the vectors of the self-test that notice fusing', () => {
  it.each(few.map((policy) => [policy.name, policy] as const))('have the kernel’s actions: %s', (_, { file }) => {
    const vectors = fusionVectors(readProgram(file))
    const observations = vectors.map(({ observation }) => observation)
    expect(vectors.map(({ action }) => bits(action))).toEqual(kernelActions(file, observations))
  })
})

describeWith('gcc', has('gcc'))('fusing, by gcc', () => {
  it('in TypeScript has the bits of C’s fmaf, between two numbers too', () => {
    const random = uniform(9)
    const number = () => Math.fround((random() - 0.5) * 2 ** Math.floor(24 * random() - 12))
    // 1 + 2^-12 squared has 25 bits: with a tiny number added, f64 first rounds that away and then finds itself in the middle
    const middle = (tiny: number) => [1 + 2 ** -12, 1 + 2 ** -12, tiny]
    const tiny = [2 ** -80, -(2 ** -80), 0].flatMap((x) => [middle(x), [-(1 + 2 ** -12), 1 + 2 ** -12, x]])
    const triples = [...tiny, ...Array.from({ length: 20_000 }, () => [number(), number(), number()])]
    writeFileSync(
      join(folder, 'fmaf.c'),
      `#include <math.h>\n#include <stdio.h>\nint main(void) { float t[3]; while (fread(t, 12, 1, stdin)) { float y = fmaf(t[0], t[1], t[2]); fwrite(&y, 4, 1, stdout); } return 0; }`,
    )
    execFileSync('gcc', ['fmaf.c', '-o', 'fmaf', '-lm'], { cwd: folder })
    const { stdout } = spawnSync(join(folder, 'fmaf'), { input: Buffer.from(Float32Array.from(triples.flat()).buffer) })
    const ours = Float32Array.from(triples, ([w, x, a]) => fusedMultiplyAdd(w, x, a))
    expect(bits(ours)).toEqual([...new Uint32Array(Uint8Array.from(stdout).buffer)])
  })

  it('is noticed by the self-test, every whole unit, and four single operations of five', { timeout: 120_000 }, () => {
    for (const policy of few) {
      const found = fuseEach(folder, policy)
      expect(found.noticedAll).toBe(found.all)
      expect(found.noticedUnits).toBe(found.units)
      expect(found.noticedOperations).toBeGreaterThanOrEqual(0.8 * found.operations)
    }
  })
})

for (const compiler of ['gcc', 'clang']) {
  describeWith(compiler, has(compiler))(`the C of all shipped policies, built by ${compiler} told to fuse`, () => {
    it.each(['-O2', '-O3'])(
      'has no fused operation and the kernel’s bits at %s',
      { timeout: 120_000 },
      async (level) => {
        const { fused, differ, noticed } = await build(folder, shipped, compiler, [level, ...FUSING])
        expect({ fused, differ, noticed }).toEqual({ fused: 0, differ: differ && [], noticed: noticed && [] })
      },
    )

    it('has them as loops over tables too', { timeout: 120_000 }, async () => {
      const { fused, differ, noticed } = await build(folder, shipped.map(tabled), compiler, ['-O3', ...FUSING])
      expect({ fused, differ, noticed }).toEqual({ fused: 0, differ: differ && [], noticed: noticed && [] })
    })
  })
}
