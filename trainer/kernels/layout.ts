/** Where things lie in the shared memory. Every thread computes the same layout from the same sizes, once: a step makes no objects. */

/**
 * Bytes from one row to the next of a matrix n wide: 16 floats at a time, and an odd number of cache lines, so that the rows of a column
 * do not fall on the same cache set.
 */
export const stride = (n: number): number => (((n + 15) >> 4) | 1) << 6

/** A matrix of f32 in the shared memory, row-major; between the last column and the next row lie zeros. */
export interface Matrix {
  /** byte address of the first row */
  at: number
  rows: number
  columns: number
  /** bytes from row to row */
  stride: number
}

/** The same matrix, of which only the first row is looked at. */
export const firstRow = (matrix: Matrix): Matrix => ({ ...matrix, rows: 1 })

/** Columns [from, from + count) of a matrix. */
export const columnsOf = (matrix: Matrix, from: number, count: number): Matrix => ({
  at: matrix.at + 4 * from,
  rows: matrix.rows,
  columns: count,
  stride: matrix.stride,
})

/** Below it lie the kernels' constants. */
export const arenaStart = 4096

/** Hands out addresses in order; nothing is ever given back. */
export class Arena {
  size = arenaStart

  /** `bytes` of zeroed memory at a multiple of 128 */
  take(bytes: number): number {
    const address = this.size
    this.size += 128 * Math.ceil(bytes / 128)
    return address
  }

  matrix(rows: number, columns: number): Matrix {
    const s = stride(columns)
    // a tile of the product may read up to five rows past the last one
    return { at: this.take((rows + 5) * s), rows, columns, stride: s }
  }

  /** One number a row, close together. */
  column(rows: number): Matrix {
    return { at: this.take((rows + 5) * 4), rows, columns: 1, stride: 4 }
  }
}

/** One fully connected layer inside a parameter block: `inputs` rows of weights, then one row of biases, each `outputs` wide. */
export interface LayerLayout {
  inputs: number
  outputs: number
  /** byte offset of the weights in the block */
  offset: number
  /** bytes of the weights; the bias row follows them */
  weightBytes: number
}

export function layerLayouts(sizes: readonly number[]): { layers: LayerLayout[]; bytes: number } {
  let bytes = 0
  const layers = sizes.slice(1).map((outputs, i) => {
    const layer = { inputs: sizes[i], outputs, offset: bytes, weightBytes: sizes[i] * stride(outputs) }
    bytes += layer.weightBytes + stride(outputs)
    return layer
  })
  return { layers, bytes }
}

/** A layer's weights (inputs, outputs) in the parameter block at this address. */
export const weightsIn = (block: number, { inputs, outputs, offset }: LayerLayout): Matrix => ({
  at: block + offset,
  rows: inputs,
  columns: outputs,
  stride: stride(outputs),
})

/** A layer's biases, one row. */
export const biasIn = (block: number, { outputs, offset, weightBytes }: LayerLayout): Matrix => ({
  at: block + offset + weightBytes,
  rows: 1,
  columns: outputs,
  stride: stride(outputs),
})
