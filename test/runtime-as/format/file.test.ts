import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { arrange } from '../../../runtime-as/format/arrange.ts'
import { contractHash } from '../../../runtime-as/format/contract.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import type { Layer, Network } from '../../../runtime-as/format/network.ts'
import { valuesOf, weightCount } from '../../../runtime-as/format/network.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { anyNetwork, bits, contractFor, observationsFor, randomNetwork } from '../../support/networks.ts'
import { tinyContract, tinyFile, tinyInt8File } from '../../support/tiny.ts'

/** Rows of a layer as text, sorted: equal for two layers that differ by the order of their rows. */
const rowsOf = ({ inputs, outputs, weights, bias }: Layer): string[] =>
  Array.from({ length: outputs }, (_, row) =>
    [bias[row], ...weights.subarray(row * inputs, (row + 1) * inputs)].map((w) => w + 0).join(),
  ).sort()

describe('a .bpd file', () => {
  it('gives back the contract, the golden observations and every weight', () => {
    fc.assert(
      fc.property(anyNetwork, fc.integer({ min: 1, max: 16 }), ({ network, squash }, count) => {
        const contract = contractFor(network, squash)
        const golden = observationsFor(network, count)
        const file = encodePolicy(network, contract, golden)
        const decoded = decodePolicy(file)
        expect(decoded.contract).toEqual(contract)
        expect(decoded.contractHash).toBe(contractHash(contract))
        expect(decoded.goldens.map(({ observation }) => observation)).toEqual(golden)
        expect(decoded.weights).toBe(weightCount(network))
        expect(decoded.fileBytes).toBe(file.length)
        for (const [i, layer] of arrange(network).entries()) {
          const got = decoded.network.layers[i]
          expect(bits(got.weights)).toEqual(bits(layer.weights))
          expect(bits(got.bias)).toEqual(bits(layer.bias))
          expect(got.activation).toBe(layer.activation)
        }
        // the first layer reads the observations in the contract's order: only its rows may have moved
        expect(rowsOf(decoded.network.layers[0])).toEqual(rowsOf(network.layers[0]))
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('has the same bytes for the same input, and gives them again from its own decoded network', () => {
    const network = randomNetwork([11, 90, 70, 3], [0.2, 0.05, 0.3])
    const contract = contractFor(network)
    const golden = observationsFor(network, 4)
    const file = encodePolicy(network, contract, golden)
    expect(
      encodePolicy(
        structuredClone(network),
        structuredClone(contract),
        golden.map((x) => x.slice()),
      ),
    ).toEqual(file)
    expect(encodePolicy(decodePolicy(file).network, contract, golden)).toEqual(file)
  })

  it('does not depend on the order in which the contract was written down', () => {
    const { provenance, period, squash, action, observation, task } = tinyContract
    expect(tinyFile({ provenance, period, squash, action, observation, task })).toEqual(tinyFile())
  })

  it('opens in any msgpack reader', () => {
    const file = tinyFile()
    const map = new Packr({ useRecords: false }).unpack(file)
    expect(Object.keys(map)).toEqual(['bpd', 'core', 'contract', 'crc'])
    expect(map.bpd).toBe(1)
    expect(map.contract).toEqual(tinyContract)
    expect(map.core).toHaveLength(decodePolicy(file).coreBytes)
    expect(map.crc).toBe(crc32(file.subarray(0, -4)))
  })

  it.each([
    ['f32', 0, tinyFile],
    ['int8', 1, tinyInt8File],
  ] as const)('is what SPEC.md says, byte by byte: %s', (values, which, made) => {
    const spec = readFileSync(new URL('../../../runtime-as/format/SPEC.md', import.meta.url), 'utf8')
    const dumps = [...spec.matchAll(/```hex\n([^`]*)```/g)].map(([, dump]) => dump)
    expect(dumps).toHaveLength(2)
    const bytes: number[] = []
    for (const [, offset, hex] of dumps[which].matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2}(?: |$))+)/gm)) {
      expect(Number.parseInt(offset, 16)).toBe(bytes.length)
      bytes.push(...Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    }
    const file = Uint8Array.from(bytes)
    expect(file).toEqual(made())
    expect(valuesOf(decodePolicy(file).network)).toBe(values)
    loadPolicy(file).selfTest()
  })

  it('tells what each layer is', () => {
    expect(decodePolicy(tinyFile()).layers).toEqual([
      { form: 'grouped', values: 'f32', rows: 2, columns: 4, weights: 3, liveUnits: 2 },
      { form: 'dense', values: 'f32', rows: 1, columns: 2, weights: 2, liveUnits: 1 },
    ])
  })

  it('counts a unit as live only if it reads an input and is read', () => {
    const network = randomNetwork([4, 5, 1], 1)
    network.layers[0].weights.fill(0, 0, 4)
    network.layers[1].weights[4] = 0
    const file = encodePolicy(network, contractFor(network), observationsFor(network, 1))
    expect(decodePolicy(file).layers.map(({ liveUnits }) => liveUnits)).toEqual([3, 1])
  })
})

/** The network as it was given, in f32, each row summed in its own column order. */
function unpermuted({ layers }: Network, observation: Float32Array): Float32Array {
  return layers.reduce((x, { inputs, outputs, weights, bias, activation }) => {
    const y = new Float32Array(outputs)
    for (let row = 0; row < outputs; row++) {
      let a = bias[row]
      for (let c = 0; c < inputs; c++) a = Math.fround(a + Math.fround(weights[row * inputs + c] * x[c]))
      y[row] = activation === 'relu' ? Math.max(0, a) : activation === 'tanh' ? Math.tanh(a) : a
    }
    return y
  }, observation)
}

describe('renumbering hidden units', () => {
  it('changes an action by at most 2e-6 of its range: only the order of the sums, and tanh by its ULPs', () => {
    for (const [seed, squash] of [
      [1, 'tanh'],
      [2, 'clip'],
      [3, 'tanh'],
    ] as const) {
      const network = randomNetwork([17, 256, 256, 6], [0.3, 0.1, 0.4], { seed, squash })
      const contract = contractFor(network, squash)
      const observations = observationsFor(network, 16, seed)
      for (const { observation, action } of decodePolicy(encodePolicy(network, contract, observations)).goldens) {
        for (const [i, z] of unpermuted(network, observation).entries()) {
          const [low, high] = [contract.action.low[i], contract.action.high[i]]
          const expected = squash === 'tanh' ? (low + high) / 2 + ((high - low) / 2) * z : z
          expect(Math.abs(action[i] - Math.min(high, Math.max(low, expected)))).toBeLessThan(2e-6 * (high - low))
        }
      }
    }
  })
})

describe('loading', () => {
  it('gives policies that do not share memory', () => {
    const file = tinyFile()
    const [one, two] = [loadPolicy(file), loadPolicy(file)]
    file.fill(0)
    const [a, b] = [new Float32Array(1), new Float32Array(1)]
    one.stepInto([0.5, 2, -0.25, 0.5], a)
    two.stepInto([3, 0, 0, 1], b)
    expect(b[0]).not.toBe(a[0])
    const again = new Float32Array(1)
    one.stepInto([0.5, 2, -0.25, 0.5], again)
    expect(bits(again)).toEqual(bits(a))
    expect(bits(a)).toEqual(bits(decodePolicy(tinyFile()).goldens[0].action))
  })

  it('takes bytes that begin anywhere in a larger buffer', () => {
    const file = tinyFile()
    const larger = new Uint8Array(file.length + 10)
    larger.set(file, 3)
    const view = larger.subarray(3, 3 + file.length)
    loadPolicy(view).selfTest()
    expect(decodePolicy(view)).toEqual(decodePolicy(file))
  })

  it('allocates nothing per step', () => {
    const policy = loadPolicy(tinyFile())
    const observation = Float32Array.of(0.1, 0.2, 0.3, 0.4)
    const action = new Float32Array(1)
    const steps = () => {
      const before = process.memoryUsage().heapUsed
      for (let i = 0; i < 100_000; i++) policy.stepInto(observation, action)
      return process.memoryUsage().heapUsed - before
    }
    // the first rounds compile; one number a step would be more than a megabyte
    const growth = Array.from({ length: 6 }, steps).slice(2)
    expect(Math.min(...growth.map(Math.abs))).toBeLessThan(100_000)
  })

  it('reaches more than 64 KiB', () => {
    const network = randomNetwork([40, 300, 300, 2], 1)
    const file = encodePolicy(network, contractFor(network), observationsFor(network, 16))
    expect(file.length).toBeGreaterThan(4 * 65536)
    loadPolicy(file).selfTest()
  })
})
