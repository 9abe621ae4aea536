import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readProgram } from '../../runtime-as/exports/program.ts'
import type { Activation } from '../../runtime-as/format/network.ts'
import { cActions, fileOf, hasGcc, kernelActions, observationsOf, wasmActions } from '../support/generated.ts'
import { anyNetwork, randomNetwork } from '../support/networks.ts'
import { quantised } from '../support/quantised.ts'
import { describeWith } from '../support/require.ts'

const shipped = readFileSync(fileURLToPath(new URL('../../models/pendulum/student.bpd', import.meta.url)))
const TYPES = ['f32', 'f16', 'int8'] as const

describe('generated code returns the bits of the kernel', () => {
  it('as WebAssembly, for networks of any size, density, activation, squash and value type, whatever the observation', () => {
    fc.assert(
      fc.property(anyNetwork, fc.constantFrom(...TYPES), ({ network, squash, seed }, values) => {
        const file = fileOf(quantised(network, values), squash, seed)
        const observations = observationsOf(network.layers[0].inputs, seed)
        expect(wasmActions(readProgram(file), observations)).toEqual(kernelActions(file, observations))
      }),
      { numRuns: 150, seed: 4 },
    )
  })
})

describeWith('gcc', hasGcc)('generated C returns the bits of the kernel', () => {
  it.each([
    ['as C99 without optimisation', ['-std=c99', '-O0']],
    ['with fused multiply-add at hand and GNU C, where gcc fuses unless told', ['-O2', '-march=native']],
  ])('%s', (_, flags) => {
    const few = observationsOf(3, 3)
    expect(cActions(shipped, few, flags)).toEqual(kernelActions(shipped, few))
    for (const [i, hidden] of (['relu', 'tanh', 'none'] as Activation[]).entries()) {
      for (const values of TYPES) {
        const squash = i === 1 ? 'clip' : 'tanh'
        const network = randomNetwork([9, 60, 50, 3], [0.4, 0.1, 1], { seed: i, hidden, squash })
        const file = fileOf(quantised(network, values), squash)
        const observations = observationsOf(9, 7 * i)
        expect(cActions(file, observations, flags)).toEqual(kernelActions(file, observations))
      }
    }
  })
})
