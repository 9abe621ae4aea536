import { readFixture } from './fixtures.ts'

/** Tensors of a safetensors file of f32, by name. */
export function readVectors(mode: 'paper' | 'official'): Map<string, Float32Array> {
  const bytes = readFixture(`vectors/bpd-step-${mode}.safetensors.gz`)
  const size = Number(bytes.readBigUInt64LE(0))
  const header: Record<string, { dtype: string; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + size),
  )
  const tensors = new Map<string, Float32Array>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue
    if (entry.dtype !== 'F32') throw new Error(`${name}: ${entry.dtype}`)
    const [from, to] = entry.data_offsets
    tensors.set(
      name,
      new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + size + from, bytes.byteOffset + 8 + size + to)),
    )
  }
  return tensors
}

/** |a - b| / |b|, L2 */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`)
  let difference = 0
  let size = 0
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] - b[i]) ** 2
    size += b[i] ** 2
  }
  return Math.sqrt(difference / size)
}

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i])), 0)
