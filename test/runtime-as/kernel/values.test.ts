import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS, measureBytes } from '../../../bench/bytes.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Layer } from '../../../runtime-as/format/network.ts'
import { TEXTS } from '../../../runtime-as/format/validation.ts'
import * as codes from '../../../runtime-as/kernel/assembly/codes.ts'
import * as layout from '../../../runtime-as/kernel/assembly/layout.ts'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { referenceForward } from '../../../runtime-as/kernel/reference.ts'
import { quantise } from '../../../trainer/distill/quantise.ts'
import { awkwardObservation, bits, contractFor, observationsFor, randomNetwork } from '../../support/networks.ts'
import { anyQuantised, type QUANTISED, quantised, quantisedFile } from '../../support/quantised.ts'
import { resealed } from '../../support/tiny.ts'

function expectSameBits(file: Uint8Array, seed = 1): string[] {
  const decoded = decodePolicy(file)
  const policy = loadPolicy(file)
  const { inputs } = decoded.network.layers[0]
  const action = new Float32Array(decoded.contract.action.names.length)
  for (const share of [0, 0, 0.02, 0.3, 1]) {
    const observation = awkwardObservation(inputs, seed++, share)
    policy.stepInto(observation, action)
    expect(bits(action)).toEqual(bits(referenceForward(decoded, observation)))
  }
  return decoded.layers.map(({ form, columns }) => `${form}${form === 'grouped' && columns > 256 ? ' u16' : ''}`)
}

describe('weights narrower than f32', () => {
  it('give the bits of the readable reference, whatever network and observation', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyQuantised, ({ network, values, squash, seed }) => {
        const file = encodePolicy(network, contractFor(network, squash), observationsFor(network, 1, seed))
        for (const form of expectSameBits(file, seed)) seen.add(`${values} ${form}`)
        expect(
          encodePolicy(decodePolicy(file).network, contractFor(network, squash), observationsFor(network, 1, seed)),
        ).toEqual(file)
      }),
      { numRuns: 120, seed: 4 },
    )
    expect(seen.size).toBe(12)
  })

  it('are every half there is: subnormal, zero of either sign, largest', () => {
    const halves = new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer)
    const finite = Float32Array.from(halves).filter(Number.isFinite)
    for (let from = 0; from < finite.length; from += 4096) {
      const weights = finite.slice(from, from + 4096)
      const layer: Layer = {
        inputs: 1,
        outputs: weights.length,
        activation: 'none',
        values: 'f16',
        weights,
        bias: new Float32Array(weights.length),
      }
      const network = { layers: [layer] }
      const names = Array.from(weights, (_, i) => `u${i}`)
      const all = (value: number) => names.map(() => value)
      const action = { names, low: all(-1e5), high: all(1e5), failsafe: all(0) }
      const contract = { ...contractFor(randomNetwork([1, 1], 1), 'clip'), action }
      const out = new Float32Array(weights.length)
      loadPolicy(encodePolicy(network, contract, [Float32Array.of(1)])).stepInto([1], out)
      expect(bits(out)).toEqual(bits(weights.map((w) => w + 0)))
    }
  })

  it('change an action little: f16 by 1e-3 of its range, int8 by 3e-2, mixed by 2e-2', () => {
    for (const [values, most] of [
      ['f16', 1e-3],
      ['int8', 3e-2],
      ['mixed', 2e-2],
      ['int8-fixed', 3e-2],
    ] as const) {
      const network = randomNetwork([17, 90, 70, 6], [0.2, 0.1, 0.4], { seed: 9 })
      const contract = contractFor(network)
      const observations = observationsFor(network, 200)
      const [exact, small] = [network, quantise(network, values, observations)].map((n) =>
        loadPolicy(encodePolicy(n, contract, observations.slice(0, 2))),
      )
      const [a, b] = [new Float32Array(6), new Float32Array(6)]
      for (const observation of observationsFor(network, 200, 77)) {
        exact.stepInto(observation, a)
        small.stepInto(observation, b)
        for (const [i, low] of contract.action.low.entries()) {
          expect(Math.abs(a[i] - b[i])).toBeLessThan(most * (contract.action.high[i] - low))
        }
      }
    }
  })

  it('as mixed bear observations in units of their own, which int8 does not', () => {
    const network = randomNetwork([17, 90, 70, 6], [0.2, 0.1, 0.4], { seed: 9 })
    const [first] = network.layers
    const unit = (input: number) => 10 ** (2 - (input % 5))
    first.weights.forEach((w, i, weights) => {
      weights[i] = w / unit(i % 17)
    })
    const inUnits = (all: Float32Array[]) => all.map((x) => x.map((value, i) => value * unit(i)))
    const contract = contractFor(network)
    const observations = inUnits(observationsFor(network, 200))
    const actions = (values: 'f32' | 'int8' | 'mixed') => {
      const file = encodePolicy(quantise(network, values, observations), contract, observations.slice(0, 2))
      const [policy, action] = [loadPolicy(file), new Float32Array(6)]
      return inUnits(observationsFor(network, 200, 77)).flatMap((x) => {
        policy.stepInto(x, action)
        return [...action]
      })
    }
    const exact = actions('f32')
    const rmse = (values: 'int8' | 'mixed') =>
      Math.sqrt(actions(values).reduce((sum, a, i) => sum + (a - exact[i]) ** 2, 0) / exact.length)
    expect(rmse('mixed')).toBeLessThan(rmse('int8') / 10)
  })

  it('make files as small as the paper’s pendulum case needs', () => {
    const rows = measureBytes()
    expect(rows.filter(({ limit }) => limit).length).toBe(Object.keys(LIMITS).length)
    for (const { values, bytes, limit = Number.POSITIVE_INFINITY } of rows)
      expect(bytes, values).toBeLessThanOrEqual(limit)
  })
})

describe('fixed point', () => {
  const network = quantised(randomNetwork([5, 20, 20, 2], 0.4), 'int8-fixed')
  const contract = contractFor(network)
  const policy = loadPolicy(encodePolicy(network, contract, observationsFor(network, 2)))
  const action = new Float32Array(2)

  it('answers one NaN in the observation with the failsafe, and saturates for infinities', () => {
    policy.stepInto([0, Number.NaN, 0, 0, 0], action)
    expect([...action]).toEqual(contract.action.failsafe.map(Math.fround))
    policy.stepInto([1, Number.POSITIVE_INFINITY, 0, 0, 0], action)
    const saturated = [...action]
    policy.stepInto([1, 3e38, 0, 0, 0], action)
    expect([...action]).toEqual(saturated)
  })

  it('is refused where sums could leave 32 bits, and in a network that is not fixed throughout', () => {
    const [first, ...rest] = network.layers
    const heads = Int32Array.from(first.heads ?? []).fill(2 ** 31 - 1)
    expect(() =>
      encodePolicy({ layers: [{ ...first, heads }, ...rest] }, contract, observationsFor(network, 1)),
    ).toThrow(/layers\[0\]: row 0: expected sums below 2\^31/)
    const plain = randomNetwork([5, 20, 20, 2], 0.4)
    const mixed = { layers: [first, plain.layers[1], plain.layers[2]] }
    expect(() => encodePolicy(mixed, contract, observationsFor(network, 1))).toThrow(
      /int8-fixed in all layers or in none/,
    )
  })
})

describe('refusals of narrow layers', () => {
  const file = (values: (typeof QUANTISED)[number]) => quantisedFile(randomNetwork([7, 9, 3], [0.3, 1]), values)
  const validate = (bytes: Uint8Array) => {
    const kernel = newKernel(bytes.length)
    const memory = new Uint8Array(kernel.memory.buffer)
    const at = (memory.length - bytes.length) & ~3
    memory.set(bytes, at)
    return kernel.validate(at, bytes.length)
  }
  const CORE = layout.CORE
  const at = (view: DataView, layer: number, field: number) =>
    CORE + view.getUint32(CORE + layout.HEADER + layer * layout.DESCRIPTOR + field, true)
  const type = (layer: number) => CORE + layout.HEADER + layer * layout.DESCRIPTOR + layout.VALUE_TYPE
  const cases: [what: string, values: (typeof QUANTISED)[number], code: number, change: (view: DataView) => void][] = [
    [
      'a half that is infinite',
      'f16',
      codes.NOT_FINITE,
      (v) => v.setUint16(at(v, 0, layout.VALUES_AT) + 2, 0x7c00, true),
    ],
    [
      'a half that is NaN, dense',
      'f16',
      codes.NOT_FINITE,
      (v) => v.setUint16(at(v, 1, layout.VALUES_AT) + 4, 0xfe00, true),
    ],
    ['scales of f16', 'f16', codes.BAD_OFFSET, (v) => v.setUint32(CORE + layout.HEADER + layout.SCALES_AT, 4, true)],
    ['a scale of NaN', 'int8', codes.NOT_FINITE, (v) => v.setUint16(at(v, 0, layout.SCALES_AT) + 2, 0x7fc0, true)],
    ['an infinite bias', 'int8', codes.NOT_FINITE, (v) => v.setUint16(at(v, 1, layout.SCALES_AT), 0xfc00, true)],
    [
      'scales elsewhere',
      'int8',
      codes.BAD_OFFSET,
      (v) => v.setUint32(CORE + layout.HEADER + layout.SCALES_AT, 0, true),
    ],
    ['padding behind weights', 'int8', codes.BAD_PADDING, (v) => v.setUint8(at(v, 0, layout.COLUMNS_AT) - 1, 1)],
    [
      'a multiplier of NaN',
      'int8-fixed',
      codes.NOT_FINITE,
      (v) => v.setFloat32(at(v, 0, layout.SCALES_AT), Number.NaN, true),
    ],
    [
      'an infinite last scale',
      'int8-fixed',
      codes.NOT_FINITE,
      (v) => v.setFloat32(at(v, 1, layout.SCALES_AT) + 12, Infinity, true),
    ],
    ['one layer in fixed point', 'int8', codes.BAD_LAYER, (v) => v.setUint8(type(1), layout.I8_FIXED)],
    ['one layer out of fixed point', 'int8-fixed', codes.BAD_LAYER, (v) => v.setUint8(type(1), layout.I8)],
    [
      'hidden tanh in fixed point',
      'int8-fixed',
      codes.BAD_LAYER,
      (v) => v.setUint8(CORE + layout.HEADER + layout.ACTIVATION, layout.TANH),
    ],
    ['too little work memory', 'int8-fixed', codes.BAD_WIDEST, (v) => v.setUint16(CORE + layout.WIDEST, 8, true)],
  ]
  it.each(cases)('%s (%s)', (_, values, code, change) => {
    const bytes = file(values)
    expect(validate(bytes)).toBe(codes.FINE)
    change(new DataView(bytes.buffer))
    expect(TEXTS[validate(resealed(bytes))]).toBe(TEXTS[code])
  })
})

describe('the module that boards run', () => {
  const wasm = readFileSync(new URL('../../../runtime-as/kernel/build/policy.wasm', import.meta.url))
  const module = new WebAssembly.Module(wasm)

  it('is at most 18 KB, of which keys for sessions are 3', () => {
    expect(wasm.length).toBeLessThanOrEqual(18_432)
  })

  it('has no data segment, no heap, no f64, no table, no start, no memory of its own', () => {
    const script = join(dirname(createRequire(import.meta.url).resolve('wabt/package.json')), 'bin/wasm2wat')
    const path = fileURLToPath(new URL('../../../runtime-as/kernel/build/policy.wasm', import.meta.url))
    const text = execFileSync(process.execPath, [script, path], { encoding: 'utf8' })
    expect(text).toMatch(/f32\.mul/)
    expect(text).not.toMatch(/\(data\b|\(table\b|\(start\b|\(elem\b|\bf64\b|memory\.grow|^\s*\(memory\b/m)
  })

  it('asks for a memory and the eight functions of a board, nothing else', () => {
    const names = WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`)
    const board = ['act', 'cycles', 'erase', 'millis', 'program', 'reset', 'send', 'speed'].map(
      (name) => `board.${name}`,
    )
    expect(names.sort()).toEqual([...board, 'env.memory'])
  })
})
