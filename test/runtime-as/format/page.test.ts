import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { contractHash } from '../../../runtime-as/format/contract.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { unpackMsgpack } from '../../../runtime-as/format/msgpack.ts'
import type { Contract } from '../../../runtime-as/format/network.ts'
import { newKernel } from '../../../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { actionOf, constants, page, tanh } from '../../support/independent-action.ts'
import { hashOfContract, numberText, textOf } from '../../support/independent-contract.ts'
import { seedFiles } from '../../support/mutate.ts'
import { awkwardObservation, bits, uniform } from '../../support/networks.ts'
import { tinyContract, tinyFile, tinyNetwork, withContract } from '../../support/tiny.ts'

const models = new URL('../../../models/', import.meta.url)
const shipped = readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.bpd'))
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, models)))
const core = (file: Uint8Array) => 16 + new DataView(file.buffer, file.byteOffset).getUint32(12)
const contractIn = (file: Uint8Array) => file.subarray(core(file) + 9, file.length - 9)

describe("SPEC.md's tanh", () => {
  it('has constants whose decimals are their bits', () => {
    expect(constants.map(({ name }) => name)).toEqual(['L', 'p1', 'p2', 'p3', 'p4', 'q1', 'q2', 'q3', 'q4'])
    for (const { value, decimal } of constants) expect(Math.fround(decimal)).toBe(value)
  })

  it("is the kernel's, bit for bit, in every exponent, at its limits and for what is no number", () => {
    const { tanhf } = newKernel(0)
    const random = uniform(5)
    const word = new DataView(new ArrayBuffer(4))
    for (let i = 0; i < 60_000; i++) {
      word.setUint32(0, ((i & 511) * 2 ** 23 + random() * 2 ** 23) >>> 0)
      const x = word.getFloat32(0)
      if (!Object.is(tanh(x), tanhf(x))) throw new Error(`tanh(${x}): ${tanh(x)}, the kernel ${tanhf(x)}`)
    }
    for (let k = -3; k <= 3; k++) {
      word.setUint32(0, 0x411028f6 + k)
      for (const x of [word.getFloat32(0), -word.getFloat32(0), -0, Infinity, Number.NaN])
        expect(tanh(x)).toBe(tanhf(x))
    }
  })
})

describe('a reader written from SPEC.md alone', () => {
  const files: [string, Uint8Array][] = [
    ...shipped.map((name): [string, Uint8Array] => [name, read(name)]),
    ...seedFiles().map((file, i): [string, Uint8Array] => [`test network ${i}`, file]),
  ]
  it.each(files)('has the bits of the kernel: %s', (_, file) => {
    const policy = loadPolicy(file)
    const { contract, contractHash: hash } = decodePolicy(file)
    expect(hashOfContract(contractIn(file))).toBe(hash)
    const action = new Float32Array(contract.action.names.length)
    for (let i = 0; i < 20; i++) {
      const observation = awkwardObservation(contract.observation.names.length, i, i % 4 === 0 ? 0.3 : 0)
      policy.stepInto(observation, action)
      expect(bits(actionOf(file, observation))).toEqual(bits(action))
    }
  })

  it.each(shipped)('%s is encoded to the same bytes again', (name) => {
    const file = read(name)
    const { network, contract, goldens } = decodePolicy(file)
    expect(
      Buffer.compare(
        encodePolicy(
          network,
          contract,
          goldens.map(({ observation }) => observation),
        ),
        file,
      ),
    ).toBe(0)
  })
})

describe("the contract's hash", () => {
  const [, hash, json] = /hash ([0-9a-f]{8}):\n\n```json\n(.+)\n```/.exec(page)!
  const [task, names, actions, low, high, failsafe, squash, period, ...bounds] = JSON.parse(json)
  const [lowest, highest, outside] = bounds

  it('of the list in SPEC.md is the one beside it', () => {
    expect(textOf(JSON.parse(json))).toBe(json)
    const contract: Contract = {
      task,
      observation: { names, low: lowest, high: highest, outside },
      action: { names: actions, low, high, failsafe },
      squash,
      period,
      provenance: {},
    }
    expect(contractHash(contract).toString(16).padStart(8, '0')).toBe(hash)
    expect(hashOfContract(new Packr({ useRecords: false }).pack(contract))).toBe(Number.parseInt(hash, 16))
  })

  it('writes numbers as SPEC.md says, which is as ECMAScript does', () => {
    const rows = [...page.matchAll(/^\| ([0-9a-f]{16}) +\| `(.+)` +\|$/gm)]
    expect(rows.length).toBeGreaterThan(10)
    for (const [, hex, text] of rows) {
      const x = Buffer.from(hex, 'hex').readDoubleBE()
      expect([numberText(x), JSON.stringify(x)]).toEqual([text, text])
    }
    const finite = fc.double({ noDefaultInfinity: true, noNaN: true })
    fc.assert(
      fc.property(finite, (x) => {
        expect(numberText(x)).toBe(JSON.stringify(x))
      }),
      { numRuns: 5000, seed: 1 },
    )
  })
})

/** Packs by hand what msgpackr would write otherwise. */
const text = (s: string) => [0xa0 + Buffer.byteLength(s), ...Buffer.from(s)]
const pack = (value: unknown) => [...new Packr({ useRecords: false }).pack(value)]
const map = (...entries: number[][]) => [0x80 + entries.length, ...entries.flat()]

/** The tiny contract with other bytes for some of its fields. */
const contractOf = (changes: Record<string, number[]>, action: Record<string, number[]> = {}) => {
  const given = { ...tinyContract.action } as Record<string, unknown>
  const inAction = map(...Object.keys(given).map((key) => [...text(key), ...(action[key] ?? pack(given[key]))]))
  const whole = { ...tinyContract } as unknown as Record<string, unknown>
  const parts: Record<string, number[]> = { action: inAction, ...changes }
  return Uint8Array.from(map(...Object.keys(whole).map((key) => [...text(key), ...(parts[key] ?? pack(whole[key]))])))
}

const i64 = (x: bigint) => [0xd3, ...Buffer.from(BigInt.asUintN(64, x).toString(16).padStart(16, '0'), 'hex')]
const u64 = (x: bigint) => [0xcf, ...Buffer.from(x.toString(16).padStart(16, '0'), 'hex')]

describe('the msgpack of a contract', () => {
  const allowed: [string, Uint8Array][] = [
    ['as the encoder writes it', contractOf({})],
    ['-2 as int 64', contractOf({}, { low: [0x91, ...i64(-2n)] })],
    ['-2 as int 32, 16 and 8', contractOf({}, { low: [0x91, 0xd2, 255, 255, 255, 254], failsafe: [0x91, 0xd1, 0, 0] })],
    ['2 as uint 64', contractOf({}, { high: [0x91, ...u64(2n)] })],
    ['2 as float 32', contractOf({}, { high: [0x91, 0xca, 0x40, 0, 0, 0] })],
    [
      'a list and a text of long lengths',
      contractOf({ task: [0xdb, 0, 0, 0, 4, ...Buffer.from('tiny')] }, { low: [0xdd, 0, 0, 0, 1, 0xfe] }),
    ],
    ['2^53 - 1 in the provenance', contractOf({ provenance: map([...text('n'), ...u64(2n ** 53n - 1n)]) })],
  ]
  it.each(allowed)('is read: %s', (_, bytes) => {
    expect(hashOfContract(bytes)).toBe(contractHash(tinyContract))
    expect(decodePolicy(withContract(bytes)).contractHash).toBe(contractHash(tinyContract))
  })

  const refused: [string, Uint8Array, string][] = [
    ['a key twice', contractOf({ provenance: map([...text('a'), 1], [...text('a'), 1]) }), 'keys that differ'],
    [
      'a key twice, written another way',
      contractOf({ provenance: map([...text('a'), 1], [0xd9, 1, 97, 1]) }),
      'keys that differ',
    ],
    ['__proto__', contractOf({ provenance: map([...text('__proto__'), 0x80]) }), 'keys that differ'],
    ['a byte that is no UTF-8', contractOf({ task: [0xa2, 0x61, 0xff] }), 'text in UTF-8'],
    ['a surrogate', contractOf({ task: [0xa3, 0xed, 0xa0, 0x80] }), 'text in UTF-8'],
    ['an overlong slash', contractOf({ task: [0xa2, 0xc0, 0xaf] }), 'text in UTF-8'],
    ['2^53', contractOf({ provenance: map([...text('n'), ...u64(2n ** 53n)]) }), 'whole numbers from'],
    ['-2^63', contractOf({ provenance: map([...text('n'), ...i64(-(2n ** 63n))]) }), 'whole numbers from'],
    ['binary', contractOf({ task: [0xc4, 1, 0x61] }), 'a map, list, text'],
    ['a key that is a number', contractOf({ provenance: map([1, 1]) }), 'a key that is text'],
  ]
  it.each(refused)('is refused: %s', (_, bytes, message) => {
    expect(hashOfContract(bytes)).toBe(undefined)
    expect(() => unpackMsgpack(bytes, 'a.bpd: contract')).toThrow(message)
    expect(() => decodePolicy(withContract(bytes), 'a.bpd')).toThrow(/^a\.bpd: contract: msgpack, byte \d+: expected /)
  })

  it('counts a name in code points', () => {
    const named = (name: string) => ({ ...tinyContract, task: name })
    expect(decodePolicy(tinyFile(named('😀'.repeat(64)))).contract.task).toHaveLength(128)
    expect(() => tinyFile(named('😀'.repeat(65)))).toThrow('text of 1..64 characters')
    const begun = tinyFile(named('\ufeffa'))
    expect(decodePolicy(begun).contract.task).toBe('\ufeffa')
    expect(hashOfContract(contractIn(begun))).toBe(contractHash(named('\ufeffa')))
  })

  it('that is mutated is read where SPEC.md allows it, to the same hash, and refused where not', () => {
    const provenance = { a: [1, 2.5, null, 'text', -70_000], b: { c: true, ä: '😀' } }
    const good = Uint8Array.from(pack({ ...tinyContract, provenance }))
    const tags = fc.constantFrom(0x81, 0x92, 0xa1, 0xc0, 0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd9, 0xdc, 0xde, 0xff)
    const change = fc.tuple(fc.nat(good.length - 1), fc.oneof(fc.nat(255), tags))
    let read = 0
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const bytes = good.slice()
        for (const [at, value] of changes) bytes[at] = value
        const hash = hashOfContract(bytes)
        if (hash !== undefined) read++
        let mine: number | undefined
        try {
          mine = contractHash(decodeContract(bytes))
        } catch {}
        expect(mine).toBe(hash)
      }),
      { numRuns: 5000, seed: 7 },
    )
    expect(read).toBeGreaterThan(200)
  })
})

/** As `decodePolicy` does, without a core that must agree. */
function decodeContract(bytes: Uint8Array): Contract {
  const contract = unpackMsgpack(bytes, 'contract') as Contract
  const { length } = contract.observation.names
  const layer = {
    ...tinyNetwork.layers[1],
    inputs: length,
    weights: new Float32Array(length * contract.action.names.length),
  }
  const outputs = contract.action.names.length
  const network = {
    layers: [
      {
        ...layer,
        outputs,
        bias: new Float32Array(outputs),
        activation: contract.squash === 'tanh' ? 'tanh' : 'none',
      } as const,
    ],
  }
  const { low } = contract.observation
  return decodePolicy(encodePolicy(network, contract, [Float32Array.from(low ?? new Float32Array(length))])).contract
}
