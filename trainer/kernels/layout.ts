/** Where things lie in the shared memory. Every thread computes the same layout from the same sizes. */

/** Bytes from one row to the next of a matrix n wide: 16 floats at a time, and an odd number of cache lines, so that the rows of a column do not fall on the same cache set. */
export const stride = (n: number): number => (((n + 15) >> 4) | 1) << 6

/** Below it lie the kernels' constants. */
export const arenaStart = 4096

/** Hands out addresses in order; nothing is ever given back. */
export class Arena {
  size = arenaStart

  /** `bytes` of zeroed memory at a multiple of 128 */
  take(bytes: number): number {
    const address = this.size
    this.size += (bytes + 127) & ~127
    return address
  }
}

/** One fully connected layer inside a parameter block: `inputs` rows of weights, then one row of biases, each `outputs` wide. */
export interface LayerLayout {
  inputs: number
  outputs: number
  /** bytes from row to row */
  stride: number
  /** byte offset of the weights in the block; the bias row follows them */
  offset: number
}

export function layerLayouts(sizes: readonly number[]): { layers: LayerLayout[]; bytes: number } {
  let bytes = 0
  const layers = sizes.slice(1).map((outputs, i) => {
    const layer = { inputs: sizes[i], outputs, stride: stride(outputs), offset: bytes }
    bytes += (layer.inputs + 1) * layer.stride
    return layer
  })
  return { layers, bytes }
}

/** Thread t's share [from, to) of `bytes`, in multiples of 64. */
export function share(bytes: number, thread: number, threads: number): [from: number, to: number] {
  const lines = bytes >> 6
  return [Math.floor((lines * thread) / threads) << 6, Math.floor((lines * (thread + 1)) / threads) << 6]
}

/** What actor and critics share. */
export interface Common {
  /** 1: 6 x 16 register tiles; 0: 4 x 8 */
  wide: number
  /** rows of the largest chunk */
  rows: number
  /** a row of zeros, as wide as any */
  zeros: number
  /** per chunk, 512 bytes for the last rows of a product */
  edge: number[]
}
