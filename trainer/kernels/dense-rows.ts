/** Dense layers over many rows at once, by the training kernels; without fused multiply-add, so that the bits are those of every CPU. */
import { cpuFeatures } from './cpu.ts'
import { instantiateKernels } from './kernels.ts'
import { Arena, type Matrix } from './layout.ts'
import { Lane } from './step/lane.ts'

export interface DenseLayer {
  /** shape (outputs, inputs), row-major */
  weights: ArrayLike<number>
  bias: ArrayLike<number>
}

/** y = W x + b for `count` rows; x: (count, inputs), y: (count, outputs), of at most as many rows as there is room for. */
export type DenseRows = (x: ArrayLike<number>, y: Float64Array, count: number) => void

/** The only thread over all of an arena, once nothing more is taken of it. zeros, edge: as of a lane, within it */
export function loneLane(arena: Arena, zeros: Matrix, edge: number): Lane {
  const pages = Math.ceil(arena.size / 65536) + 1
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const buffer = memory.buffer as unknown as SharedArrayBuffer
  const { wide } = cpuFeatures()
  return new Lane({ kernels: instantiateKernels(memory, false), buffer, wide, zeros, edge, thread: 0, threads: 1 })
}

/** One function a layer. rows: the most at a time */
export function denseRows(layers: readonly DenseLayer[], rows: number): DenseRows[] {
  const arena = new Arena()
  const sized = layers.map(({ weights, bias }) => ({ inputs: weights.length / bias.length, outputs: bias.length }))
  const widest = Math.max(...sized.flatMap(({ inputs, outputs }) => [inputs, outputs]))
  const zeros = arena.matrix(1, widest)
  const edge = arena.take(512)
  const [x, y] = [arena.matrix(rows, widest), arena.matrix(rows, widest)]
  const places = sized.map(({ inputs, outputs }) => ({ w: arena.matrix(inputs, outputs), b: arena.matrix(1, outputs) }))
  const lane = loneLane(arena, zeros, edge)
  const { f32 } = lane
  const rowAt = ({ at, stride }: Matrix, row: number) => (at + row * stride) / 4
  return layers.map(({ weights, bias }, l) => {
    const { inputs, outputs } = sized[l]
    const { w, b } = places[l]
    for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) f32[rowAt(w, i) + o] = weights[o * inputs + i]
    f32.set(bias, b.at / 4)
    return (from, to, count) => {
      const [input, output] = [
        { ...x, rows: count, columns: inputs },
        { ...y, rows: count, columns: outputs },
      ]
      for (let row = 0; row < count; row++)
        for (let i = 0, at = rowAt(x, row); i < inputs; i++) f32[at + i] = from[row * inputs + i]
      lane.product(output, input, w, { bias: b, floor: -Infinity })
      for (let row = 0; row < count; row++)
        for (let o = 0, at = rowAt(y, row); o < outputs; o++) to[row * outputs + o] = f32[at + o]
    }
  })
}
