import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { unpackMsgpack } from '../../../runtime-as/format/msgpack.ts'
import type { Contract, Network } from '../../../runtime-as/format/network.ts'
import { randomNetwork } from '../../support/networks.ts'
import { tinyContract, tinyFile, tinyNetwork, withContract } from '../../support/tiny.ts'

const golden = [Float32Array.of(1, 2, 3, 4)]
const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).not.toContain('\n')
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('the encoder refuses a network', () => {
  const refused = (change: (network: Network) => void): string => {
    const network = structuredClone(tinyNetwork)
    change(network)
    return refusal(() => encodePolicy(network, tinyContract, golden))
  }

  it('with weights or biases that are not finite', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const weight = refused(({ layers }) => layers[0].weights.fill(bad, 3, 4))
      expect(weight).toBe(`policy: layers[0].weights[3]: ${bad}, expected a finite number`)
      const bias = refused(({ layers }) => layers[1].bias.fill(bad))
      expect(bias).toBe(`policy: layers[1].bias[0]: ${bad}, expected a finite number`)
    }
  })

  it('whose sizes do not fit each other, their arrays or the contract', () => {
    expect(refused(({ layers }) => layers.splice(0, 1))).toMatch(
      /layers\[0\].inputs: 2, expected 4, the observation names/,
    )
    expect(refused(({ layers }) => layers.pop())).toMatch(/layers\[0\].outputs: 2, expected 1, the action names/)
    expect(refused(({ layers }) => layers.splice(1, 0, layers[0]))).toMatch(/layers\[1\].inputs: 4, expected 2/)
    expect(refused(({ layers }) => (layers[0].weights = new Float32Array(7)))).toMatch(/expected a Float32Array of 8/)
    expect(refused(({ layers }) => (layers[1].bias = [1] as never))).toMatch(
      /layers\[1\].bias: expected a Float32Array of 1/,
    )
    expect(refused(({ layers }) => (layers[0].outputs = 4097))).toMatch(/layers\[0\].outputs: expected 1..4096/)
    expect(refused((network) => (network.layers = []))).toMatch(/layers: expected 1..16/)
    const deep = randomNetwork([4, ...Array(16).fill(2), 1], 1)
    expect(refusal(() => encodePolicy(deep, tinyContract, golden))).toMatch(/layers: expected 1..16/)
  })

  it('whose activations are unknown or contradict the squash', () => {
    expect(refused(({ layers }) => (layers[0].activation = 'gelu' as never))).toMatch(
      /expected 'none', 'relu' or 'tanh'/,
    )
    expect(refused(({ layers }) => (layers[1].activation = 'none'))).toMatch(/expected 'tanh' for squash 'tanh'/)
  })

  it('with golden observations that are missing, too many, of the wrong size or not finite', () => {
    for (const bad of [[], Array(17).fill(golden[0]), [new Float32Array(3)], [Float32Array.of(1, 2, 3, Infinity)]]) {
      expect(refusal(() => encodePolicy(tinyNetwork, tinyContract, bad))).toMatch(/^policy: golden.*expected/)
    }
  })
})

type Change = (contract: Contract) => void
// biome-ignore lint/suspicious/noExplicitAny: contracts that break their type
type Broken = any

const BROKEN: [field: string, change: (contract: Broken) => void][] = [
  ['task', (c) => (c.task = '')],
  ['task', (c) => (c.task = 7)],
  ['task', (c) => (c.task = '\ud800')],
  ['task', (c) => delete c.task],
  ['extra', (c) => (c.extra = 1)],
  ['observation', (c) => (c.observation = null)],
  ['observation.names', (c) => (c.observation.names = ['a', 'b', 'c', 'a'])],
  ['observation.names', (c) => (c.observation.names = 'abcd')],
  ['observation.names[1]', (c) => (c.observation.names[1] = 'x'.repeat(65))],
  ['action.names', (c) => (c.action.names = [])],
  ['action.low', (c) => (c.action.low = [])],
  ['action.low', (c) => (c.action.low = [Number.NaN])],
  ['action.high', (c) => (c.action.high = [1e39])],
  ['action.failsafe', (c) => (c.action.failsafe = ['0'])],
  ['action', (c) => (c.action.low = [3])],
  ['action', (c) => (c.action.failsafe = [2.5])],
  ['action.unit', (c) => (c.action.unit = 'Nm')],
  ['squash', (c) => (c.squash = 'sin')],
  ['period', (c) => (c.period = 0)],
  ['period', (c) => (c.period = 4e-7)],
  ['period', (c) => (c.period = Number.NaN)],
  ['period', (c) => (c.period = '0.05')],
  ['period', (c) => (c.period = 4295)],
  ['provenance', (c) => (c.provenance = [])],
  ['provenance', (c) => (c.provenance = { at: new Date(0) })],
  ['provenance', (c) => (c.provenance = { big: 1n })],
  ['provenance', (c) => (c.provenance = { not: undefined })],
]

describe('a contract', () => {
  it.each(BROKEN)('that is broken is refused by name: %s', (field, change) => {
    const contract = structuredClone(tinyContract)
    change(contract)
    const message = refusal(() => encodePolicy(tinyNetwork, contract, golden))
    expect(message.startsWith(`policy: contract.${field}:`)).toBe(true)
    expect(message).toMatch(/expected /)
  })

  const pack = (value: unknown) => new Packr({ useRecords: false }).pack(value)

  it('in a file must agree with the core', () => {
    const differing: [string, Change][] = [
      ['observation.names', (c) => c.observation.names.push('e')],
      ['action.low', (c) => (c.action.low = [-2.5])],
      ['action.failsafe', (c) => (c.action.failsafe = [0.5])],
      ['squash', (c) => (c.squash = 'clip')],
      ['period', (c) => (c.period = 0.06)],
      ['(hash)', (c) => (c.task = 'other')],
      ['(hash)', (c) => c.observation.names.reverse()],
    ]
    for (const [field, change] of differing) {
      const contract = structuredClone(tinyContract)
      change(contract)
      const message = refusal(() => decodePolicy(withContract(pack(contract)), 'a.bpd'))
      expect(message.startsWith(`a.bpd: contract.${field}`)).toBe(true)
    }
  })

  it('may have any provenance, which does not change the hash', () => {
    const provenance = { seed: 2 ** 40, text: 'ä'.repeat(300), list: [null, true, -1.5, { deep: [] }] }
    const other = decodePolicy(tinyFile({ ...tinyContract, provenance }))
    expect(other.contract.provenance).toEqual(provenance)
    expect(other.contractHash).toBe(decodePolicy(tinyFile()).contractHash)
  })

  it('may have a provenance nested 16 deep, not 17', () => {
    const nested = (depth: number): Record<string, unknown> => (depth === 1 ? { a: 1 } : { a: nested(depth - 1) })
    const contract = { ...tinyContract, provenance: nested(16) }
    expect(decodePolicy(tinyFile(contract)).contract).toEqual(contract)
    expect(refusal(() => tinyFile({ ...tinyContract, provenance: nested(17) }))).toMatch(/provenance: expected/)
  })

  it('in a file is refused when its msgpack is hostile, however much it announces', () => {
    const hostile: number[][] = [
      [],
      [0xc0],
      [0xc1],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0x81, 0xa1, 0x61, 0xd4, 0x72, 0x40],
      [0x81, 0x01, 0x01],
      [0x81, 0xa1, 0x61, 0xc4, 0x01, 0x00],
      [0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 0x80],
      Array(100_000).fill(0x91),
      [...pack(tinyContract), 0xc0],
      [...pack(tinyContract).subarray(0, -1)],
    ]
    for (const bytes of hostile) {
      expect(refusal(() => decodePolicy(withContract(Uint8Array.from(bytes)), 'a.bpd'))).toMatch(
        /^a.bpd: contract.*expected/,
      )
    }
  })

  it('of random or mutated msgpack decodes or is refused with InputError', () => {
    const good = pack({ ...tinyContract, provenance: { a: [1, 2.5, null, 'text'], b: { c: true } } })
    const mutated = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Uint8Array.from(good)
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        for (const work of [() => unpackMsgpack(bytes, 'x'), () => decodePolicy(withContract(bytes))]) {
          try {
            work()
          } catch (error) {
            expect(error).toBeInstanceOf(InputError)
          }
        }
      }),
      { numRuns: 3000, seed: 4 },
    )
  })
})
