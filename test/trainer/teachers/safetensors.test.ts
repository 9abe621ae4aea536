import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { readSafetensors, type Tensor, writeSafetensors } from '../../../trainer/teachers/safetensors.ts'

/** A file with this header, and so many bytes of data behind it. */
function fileOf(header: string | object, dataBytes: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
}
const f32 = (begin: number, end: number) => ({ dtype: 'F32', shape: [(end - begin) / 4], data_offsets: [begin, end] })

const refused: [what: string, bytes: Uint8Array, message: string][] = [
  ['tensors that overlap', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), 'tensor "b": lies on another'],
  ['tensors at one place', fileOf({ a: f32(0, 8), b: f32(0, 8) }, 8), 'lies on another'],
  ['a hole between tensors', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), 'tensor "b": 4 bytes before it belong to no'],
  ['a hole before the first', fileOf({ a: f32(4, 8) }, 8), 'tensor "a": 4 bytes before it belong to no tensor'],
  ['bytes behind the last', fileOf({ a: f32(0, 4) }, 5), '1 bytes at the end belong to no tensor'],
  ['bytes without a tensor', fileOf({}, 3), '3 bytes at the end belong to no tensor'],
  [
    'a name twice',
    fileOf(`{"a": ${JSON.stringify(f32(0, 4))}, "a": ${JSON.stringify(f32(0, 8))}}`, 8),
    '"a" is there twice',
  ],
  [
    'a name twice, once escaped, far from its colon',
    fileOf(`{"a": ${JSON.stringify(f32(0, 4))}, "\\u0061"${' '.repeat(90)}: ${JSON.stringify(f32(0, 8))}}`, 8),
    '"a" is there twice',
  ],
  [
    'a field twice',
    fileOf('{"a": {"dtype": "F32", "shape": [1], "shape": [2], "data_offsets": [0, 8]}}', 8),
    '"shape" is there twice',
  ],
  ['metadata twice', fileOf('{"__metadata__": {"k": "1", "k": "2"}}', 0), '"k" is there twice'],
  [
    'a type that no teacher has',
    fileOf({ a: { ...f32(0, 4), dtype: 'F8_E4M3' } }, 4),
    'dtype "F8_E4M3", expected F32 or F64 or F16 or BF16',
  ],
  [
    'a type that is none',
    fileOf({ a: { ...f32(0, 4), dtype: [[]] } }, 4),
    'dtype a list, expected F32 or F64 or F16 or BF16',
  ],
  ['nine axes', fileOf({ a: { ...f32(0, 4), shape: Array(9).fill(1) } }, 4), 'a list of at most 8 sizes'],
  ['a header of a million lists', fileOf(`{"a":[${'[],'.repeat(1e6)}1]}`, 0), 'more than 200000 items'],
  ['a header that is nested deep', fileOf('{"a":'.repeat(1e5), 0), 'nested more than 4 deep'],
  ['a header that is no UTF-8', fileOf({ a: f32(0, 4) }, 4).fill(0xff, 10, 11), 'its header: not UTF-8'],
  [
    'a header of 17 MiB',
    fileOf({ __metadata__: { long: 'a'.repeat(17 << 20) } }, 0),
    'its header would be 17825820 bytes long',
  ],
]

describe('a safetensors file', () => {
  it.each(refused)('with %s is refused in one line', (_, bytes, message) => {
    const read = () => readSafetensors(bytes, 'a.safetensors')
    expect(read).toThrow(InputError)
    expect(read).toThrow(message)
    expect(read).toThrow(/^a\.safetensors: [^\n]{1,200}$/)
  })

  it('in any order, with empty tensors among them, is read', () => {
    const empty = { dtype: 'F64', shape: [0, 3], data_offsets: [4, 4] }
    const { tensors } = readSafetensors(fileOf({ b: f32(4, 12), none: empty, a: f32(0, 4) }, 12), 'a')
    expect([...tensors].map(([name, { values }]) => [name, values.length])).toEqual([
      ['b', 2],
      ['none', 0],
      ['a', 1],
    ])
  })

  it('of numbers of 16 bits is read as the float32 that they are', () => {
    const half = (dtype: string, begin: number) => ({ dtype, shape: [4], data_offsets: [begin, begin + 8] })
    const bytes = fileOf({ f16: half('F16', 0), bf16: half('BF16', 8) }, 16)
    const numbers = [0x3c01, 0xc000, 0x0001, 0x7bff, 0x3f81, 0xc000, 0x0001, 0x7f7f]
    bytes.set(new Uint8Array(Uint16Array.from(numbers).buffer), bytes.length - 16)
    const { tensors } = readSafetensors(bytes, 'a')
    const values = (...of: number[]) => ({ dtype: 'F32', shape: [4], values: Float32Array.from(of) })
    expect(tensors.get('f16')).toEqual(values(1 + 2 ** -10, -2, 2 ** -24, 65504))
    expect(tensors.get('bf16')).toEqual(values(1 + 2 ** -7, -2, 2 ** -133, (2 - 2 ** -7) * 2 ** 127))
  })

  it('that is written here is read here, and none is written that is not', () => {
    const tensors = new Map<string, Tensor>([
      ['odd', { dtype: 'F32', shape: [3], values: Float32Array.of(1, 2, 3) }],
      ['double', { dtype: 'F64', shape: [1], values: Float64Array.of(4) }],
      ['none', { dtype: 'F32', shape: [0], values: new Float32Array() }],
    ])
    expect(readSafetensors(writeSafetensors({ tensors, metadata: { ä: '"' } }), 'a')).toEqual({
      tensors,
      metadata: { ä: '"' },
    })
    const metadata = { long: 'a'.repeat(17 << 20) }
    expect(() => writeSafetensors({ tensors, metadata })).toThrow('which no reader takes')
  })
})

const folders = ['../../../models/', '../../fixtures/', '../../../../shared/reference/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)
const files = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}${name}`))
  .filter((path) => path.endsWith('.safetensors'))

it.each(files)('%s is read', (path) => {
  expect(readSafetensors(readFileSync(path), path).tensors.size).toBeGreaterThan(0)
})
