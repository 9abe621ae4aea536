/** More networks and flags: test/slow/generate.test.ts */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exportPolicy } from '../../../runtime-as/exports/export.ts'
import { readProgram } from '../../../runtime-as/exports/program.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import {
  cActions,
  fileOf,
  folder,
  hasGcc,
  kernelActions,
  observationsOf,
  selfTest,
  wasmActions,
  writeC,
} from '../../support/generated.ts'
import { bits, observationsFor, randomNetwork } from '../../support/networks.ts'
import { quantised } from '../../support/quantised.ts'
import { describeWith } from '../../support/require.ts'

const shipped = readFileSync(fileURLToPath(new URL('../../../models/pendulum/student.bpd', import.meta.url)))
const linear = randomNetwork([11, 3], 0.7)
const TYPES = ['f32', 'f16', 'int8'] as const

describe('the generated WebAssembly module returns the bits of the kernel', () => {
  it('for the shipped student', () => {
    const observations = observationsOf(3, 1)
    expect(wasmActions(readProgram(shipped), observations)).toEqual(kernelActions(shipped, observations))
  })

  it.each(TYPES)('for weights stored as %s, whatever the observation', (values) => {
    const file = fileOf(quantised(randomNetwork([9, 40, 30, 3], [0.4, 0.1, 1]), values))
    const observations = observationsOf(9, 2)
    expect(wasmActions(readProgram(file), observations)).toEqual(kernelActions(file, observations))
  })

  it.each(TYPES)('for a policy without a hidden layer, as %s', (values) => {
    const file = fileOf(quantised(linear, values))
    const observations = observationsOf(11, 4)
    expect(wasmActions(readProgram(file), observations)).toEqual(kernelActions(file, observations))
  })

  it.each(['wasm', 'onnx'] as const)('and %s refuses whole-number policies in one line', (form) => {
    const file = fileOf(quantised(randomNetwork([9, 20, 3], 0.5), 'int8-fixed'))
    expect(() => exportPolicy(file, form, { name: 'p.bpd' })).toThrow(
      'p.bpd: values: int8-fixed, expected f32, f16, int8 or mixed',
    )
  })
})

describe('NaN in the observation gives the failsafe action', () => {
  it.each(TYPES)('in the kernel, the module and the C, for weights stored as %s', (values) => {
    const file = fileOf(quantised(randomNetwork([3, 8, 2], 1), values))
    const failsafe = bits(Float32Array.from(decodePolicy(file).contract.action.failsafe))
    const nan = [0, 1, 2].map((i) => Float32Array.of(1, -1, 2).fill(Number.NaN, i, i + 1))
    const expected = nan.map(() => failsafe)
    expect(kernelActions(file, nan)).toEqual(expected)
    expect(wasmActions(readProgram(file), nan)).toEqual(expected)
    if (hasGcc) expect(cActions(file, nan, ['-O2'])).toEqual(expected)
  })
})

describeWith('gcc', hasGcc)('the generated C, compiled by gcc', () => {
  it.each(TYPES)('returns the bits of the kernel for weights stored as %s, NaN and infinities included', (values) => {
    const file = fileOf(quantised(randomNetwork([9, 40, 30, 3], [0.4, 0.1, 1]), values))
    const observations = observationsOf(9, 3)
    const expected = kernelActions(file, observations)
    expect(cActions(file, observations, ['-std=c99', '-O1'])).toEqual(expected)
    expect(cActions(file, observations, ['-std=c99', '-O1', '-DPOLICY_TABLES=1'])).toEqual(expected)
  })

  it('returns them in whole numbers, relu and none, dense and sparse, bounds and NaN', () => {
    for (const [i, hidden] of (['relu', 'none'] as const).entries()) {
      const network = randomNetwork([9, 40, 30, 3], i === 0 ? [0.4, 0.1, 1] : [1, 0.2, 0.3], { seed: i, hidden })
      const file = fileOf(quantised(network, 'int8-fixed'))
      const observations = observationsOf(9, 3)
      expect(cActions(file, observations, ['-std=c99', '-O2'])).toEqual(kernelActions(file, observations))
    }
  })

  it.each(TYPES)('does so without a hidden layer, for weights stored as %s', (values) => {
    const file = fileOf(quantised(linear, values))
    const observations = observationsOf(11, 4)
    expect(cActions(file, observations, ['-std=c99', '-O1'])).toEqual(kernelActions(file, observations))
  })

  it('names the golden vector that differs by a bit', () => {
    const observations = observationsFor(decodePolicy(shipped).network, 4)
    expect(selfTest(shipped, observations)).toBe(0)
    expect(selfTest(shipped, observations, true)).toBe(3)
  })

  it('needs no library', () => {
    writeC(readProgram(shipped))
    spawnSync('gcc', ['-O2', '-c', 'policy.c', '-o', 'policy.o'], { cwd: folder })
    const { stdout } = spawnSync('nm', ['policy.o'], { cwd: folder, encoding: 'utf8' })
    expect(stdout).toContain(' T policy_step')
    expect(stdout).not.toMatch(/ U (?!_GLOBAL_OFFSET_TABLE_)/)
  })

  it('refuses -ffast-math', () => {
    writeC(readProgram(shipped))
    const { stderr } = spawnSync('gcc', ['-ffast-math', '-c', 'policy.c'], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toContain('compile this file without it')
  })
})
