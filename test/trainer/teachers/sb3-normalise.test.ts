import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Layer } from '../../../runtime-as/format/network.ts'
import { randomStream } from '../../../trainer/random.ts'
import { foldIntoLayer, limitSums, normalisation } from '../../../trainer/teachers/normalise.ts'
import { type Tensor, writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { decodeTeacher, encodeTeacher, requirePlain } from '../../../trainer/teachers/teacher.ts'
import { outputOf } from '../../support/teacher-output.ts'

const seeds = fc.nat(1e6).map((seed) => randomStream(seed, 'test'))

function drawLayer(random: ReturnType<typeof randomStream>, inputs: number, outputs: number): Layer {
  const draw = (n: number) => Float32Array.from({ length: n }, () => random.normal())
  return { inputs, outputs, activation: 'none', weights: draw(inputs * outputs), bias: draw(outputs) }
}

/** in float64 */
const apply = ({ inputs, activation, weights, bias }: Layer, x: ArrayLike<number>) =>
  Array.from(bias, (b, row) => {
    let sum = b
    for (let i = 0; i < inputs; i++) sum += weights[row * inputs + i] * x[i]
    return activation === 'relu' ? Math.max(0, sum) : sum
  })

describe('plain layers', () => {
  it('a folded layer gives for an observation what the layer gives for the normalised one', () => {
    fc.assert(
      fc.property(seeds, (random) => {
        const layer = drawLayer(random, 5, 4)
        const mean = Array.from({ length: 5 }, () => random.normal())
        const variance = Array.from({ length: 5 }, () => random.uniform(0.01, 4))
        const observation = mean.map((m) => m + 3 * random.normal())
        const std = variance.map((v) => Math.sqrt(v + 1e-8))
        const normalised = observation.map((x, i) => (x - mean[i]) / std[i])
        const folded = apply(foldIntoLayer(layer, mean, std), observation)
        apply(layer, normalised).forEach((y, i) => {
          expect(Math.abs(folded[i] - y)).toBeLessThan(1e-4)
        })
      }),
    )
  })

  it('limited sums are the sums within the limits, and the limits beyond', () => {
    fc.assert(
      fc.property(seeds, (random) => {
        const layer = drawLayer(random, 3, 2)
        const x = [random.normal(), random.normal(), random.normal()]
        const [pairs, joined] = limitSums(layer, -1.5, 2)
        const limited = apply(joined, apply(pairs, x))
        apply(layer, x).forEach((y, i) => {
          expect(Math.abs(limited[i] - Math.max(-1.5, Math.min(2, y)))).toBeLessThan(1e-6)
        })
      }),
    )
  })
})

const f32 = (shape: number[], values: number[]): Tensor => ({ dtype: 'F32', shape, values: Float32Array.from(values) })
const f64 = (values: number[]): Tensor => ({ dtype: 'F64', shape: [values.length], values: Float64Array.from(values) })

const fileOf = (metadata: Record<string, string>, more: Record<string, Tensor> = {}) =>
  writeSafetensors({
    tensors: new Map(
      Object.entries({ 'actor.0.weight': f32([1, 2], [1, 2]), 'actor.0.bias': f32([1], [0.5]), ...more }),
    ),
    metadata: { activation: 'relu', output_squash: 'tanh', action_low: '[-1]', action_high: '[1]', ...metadata },
  })
const normalised = { obs_norm: normalisation, obs_norm_eps: '0', obs_norm_clip: '10' }
const plain = (bytes: Uint8Array) => requirePlain(decodeTeacher(bytes, 'file'), 'file')
const statistics = { obs_mean: f64([1, 2]), obs_var: f64([4, 0.25]) }

describe('a teacher file', () => {
  it('with a normalised input is read with it folded in, says so, and can be written again', () => {
    const teacher = plain(fileOf(normalised, statistics))
    expect(teacher.network.layers[0].weights).toEqual(Float32Array.of(0.5, 4))
    expect(teacher.network.layers[0].bias).toEqual(Float32Array.of(0.5 - 0.5 - 8))
    expect(teacher.metadata.input).toBe('normalisation folded into the first layer; its clip at 10 left out')
    expect(decodeTeacher(encodeTeacher(teacher), 'file').network).toEqual(teacher.network)
  })

  it('with a clip of its input below 10, or another activation, is general, and acts as it says', () => {
    const limited = { ...normalised, obs_norm_clip: '1.5', pre_squash: 'hardtanh(-2,2)' }
    const second = { 'actor.1.weight': f32([1, 1], [0.5]), 'actor.1.bias': f32([1], [0.25]) }
    const acts = (x: number[], clip: number, hidden: (y: number) => number) => {
      const [a, b] = [(x[0] - 1) / 2, (x[1] - 2) / 0.5].map((z) => Math.max(-clip, Math.min(clip, z)))
      return Math.tanh(Math.max(-2, Math.min(2, 0.5 * hidden(a + 2 * b + 0.5) + 0.25)))
    }
    const elu = (y: number) => (y < 0 ? Math.expm1(y) : y)
    const files: [Uint8Array, number, (y: number) => number][] = [
      [fileOf(limited, { ...statistics, ...second }), 1.5, (y) => Math.max(0, y)],
      [fileOf({ ...limited, activation: 'elu' }, { ...statistics, ...second }), 1.5, elu],
      [fileOf({ ...limited, activation: 'elu', obs_norm_clip: '10' }, { ...statistics, ...second }), 10, elu],
    ]
    for (const [bytes, clip, hidden] of files) {
      const teacher = decodeTeacher(bytes, 'file')
      expect(Object.keys(teacher.metadata).sort()).toEqual(['action_high', 'action_low', 'output_squash'])
      for (const one of [teacher, decodeTeacher(encodeTeacher(teacher), 'again')]) {
        expect(one.network).toBeUndefined()
        for (const x of [
          [1, 2],
          [-3, 2.2],
          [9, -40],
        ])
          expect(outputOf(one, x)[0]).toBeCloseTo(acts(x, clip, hidden), 6)
      }
    }
  })

  it('with a limited output gains a layer', () => {
    const { network, metadata } = plain(fileOf({ pre_squash: 'hardtanh(-2,2)' }))
    expect(network.layers.map(({ outputs, activation }) => [outputs, activation])).toEqual([
      [2, 'relu'],
      [1, 'tanh'],
    ])
    expect(metadata.output).toContain('hardtanh(-2,2)')
  })

  const refusals: [string, Uint8Array, string][] = [
    ['another formula', fileOf({ obs_norm: 'obs/2' }), 'metadata obs_norm: "obs/2", expected none or "clip('],
    [
      'no epsilon',
      fileOf({ obs_norm: normalisation }, statistics),
      'metadata obs_norm_eps: null, expected a number >= 0',
    ],
    [
      'a clip of 0',
      fileOf({ ...normalised, obs_norm_clip: '0' }, statistics),
      'metadata obs_norm_clip: "0", expected a number > 0',
    ],
    ['no statistics', fileOf(normalised), 'tensor "obs_mean": expected shape (2)'],
    [
      'a variance of 0',
      fileOf(normalised, { ...statistics, obs_var: f64([1, 0]) }),
      'entry 1 is 0, expected finite and > 0',
    ],
    ['another limit', fileOf({ pre_squash: 'hardtanh(2,-2)' }), 'metadata pre_squash: "hardtanh(2,-2)", expected'],
    [
      'a limit of 400 digits, which is infinite',
      fileOf({ pre_squash: `hardtanh(-${'9'.repeat(400)},${'9'.repeat(400)})` }),
      'metadata pre_squash: "hardtanh(-999',
    ],
    [
      'a limit beside which sums are lost',
      fileOf({ pre_squash: 'hardtanh(-1001,2)' }),
      'metadata pre_squash: "hardtanh(-1001,2)", expected none or hardtanh(low,high) with numbers, low below high, from -1000',
    ],
    [
      'a limit that is no number',
      fileOf({ pre_squash: 'hardtanh(-1.2.3,2)' }),
      'metadata pre_squash: "hardtanh(-1.2.3,2)"',
    ],
    [
      'a variance so small that weights overflow',
      fileOf(normalised, { ...statistics, obs_var: f64([1e-300, 1]) }),
      'layer 0: infinite in float32',
    ],
    ['a time feature', fileOf({ time_feature: 'true' }), 'metadata time_feature'],
  ]
  it.each(refusals)('with %s is refused', (_, bytes, message) => {
    expect(() => decodeTeacher(bytes, 'file')).toThrow(
      `file: ${message.startsWith('entry') ? 'tensor "obs_var": ' : ''}${message}`,
    )
  })
})
