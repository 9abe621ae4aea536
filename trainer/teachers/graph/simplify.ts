/** The same graph in fewer operations: what exporters write out in pieces is put together again, and what nobody uses is left out. */
import { type Graph, limits, type Numbers, type Op, sizesOf } from './graph.ts'

type Affine = Extract<Op, { op: 'affine' }>
type Scale = Extract<Op, { op: 'scale' }>

/** Actions are the same but for the rounding of folded constants. Throws Error where sizes do not fit. */
export function simplify(whole: Graph): Graph {
  const graph = needed(whole.observations, whole.ops, whole.ops.length)
  const sizes = sizesOf(graph)
  const uses = sizes.map(() => 0)
  for (const { from } of graph.ops) for (const value of from) uses[value]++
  const made = new Rewriter(graph.observations)
  /** where each value is now */
  const now = [0]
  for (const [i, op] of graph.ops.entries()) {
    const from = op.from.map((value) => now[value])
    const alone = op.from.length === 1 && uses[op.from[0]] === 1
    now.push(made.add({ ...op, from } as Op, sizes[i + 1], alone))
  }
  return made.upTo(now[now.length - 1])
}

class Rewriter {
  readonly #observations: number
  readonly #ops: Op[] = []
  readonly #sizes: number[]
  #left = 4 * limits.numbers

  constructor(observations: number) {
    this.#observations = observations
    this.#sizes = [observations]
  }

  /** alone: nobody else uses what it takes. Returns the value that it gives. */
  add(op: Op, size: number, alone: boolean): number {
    if (op.op === 'pick' && this.#sizes[op.from[0]] === size && op.indices.every((at, i) => at === i)) return op.from[0]
    if (op.op === 'join' && op.from.length === 1) return op.from[0]
    if (op.op === 'scale') return this.#addScale(op, size, alone)
    const [first] = op.from
    const source = first === undefined ? undefined : this.#of(first)
    if (op.op === 'pick' && alone && source?.op === 'affine' && this.#mayCopy(source))
      return this.#push({ ...rowsOf(source, op.indices), from: source.from }, size)
    if (op.op === 'pick' && alone && source?.op === 'pick')
      return this.#push({ ...op, from: source.from, indices: op.indices.map((at) => source.indices[at]) }, size)
    if (op.op === 'combine' && op.name === 'mul')
      return (
        this.#addGated(op.from[0], op.from[1], size) ??
        this.#addGated(op.from[1], op.from[0], size) ??
        this.#push(op, size)
      )
    return this.#push(op, size)
  }

  /** Each copy of a layer's weights is work: there is an end to it, and then operations stay apart. */
  #mayCopy({ weights }: Affine): boolean {
    this.#left -= weights.length
    return this.#left >= 0
  }

  #addScale(op: Scale, size: number, alone: boolean): number {
    if (op.scale.every((s) => s === 1) && op.offset.every((o) => o === 0)) return op.from[0]
    const source = this.#of(op.from[0])
    if (!alone || (source?.op !== 'affine' && source?.op !== 'scale')) return this.#push(op, size)
    if (source.op === 'affine' && !this.#mayCopy(source)) return this.#push(op, size)
    if (source.op === 'affine') return this.#push({ ...scaleRows(source, op), from: source.from }, size)
    const scale = Float64Array.from(op.scale, (s, i) => s * source.scale[i])
    const offset = Float64Array.from(op.offset, (o, i) => op.scale[i] * source.offset[i] + o)
    return this.#addScale({ op: 'scale', from: source.from, scale, offset }, size, false)
  }

  /** x times a function of x, where that is one of the known activations: SiLU, Mish, GELU. */
  #addGated(x: number, gate: number, size: number): number | undefined {
    const by = this.#of(gate)
    if (by?.op === 'activation' && by.name === 'sigmoid' && by.from[0] === x)
      return this.#push({ op: 'activation', from: [x], name: 'silu', alpha: 0, beta: 0 }, size)
    const inner = by?.op === 'activation' && by.name === 'tanh' ? this.#of(by.from[0]) : undefined
    if (inner?.op === 'activation' && inner.name === 'softplus' && inner.from[0] === x)
      return this.#push({ op: 'activation', from: [x], name: 'mish', alpha: 0, beta: 0 }, size)
    return this.#addGelu(x, by, size)
  }

  /** x may be c times y, and the gate k (1 + erf(y / sqrt 2)): together 2 c k GELU(y). */
  #addGelu(x: number, gate: Op | undefined, size: number): number | undefined {
    const k = gate?.op === 'scale' ? evenly(gate.scale) : undefined
    const outer =
      gate?.op === 'scale' && k !== undefined && near(evenly(gate.offset), k) ? this.#of(gate.from[0]) : undefined
    const inner = outer?.op === 'activation' && outer.name === 'erf' ? this.#of(outer.from[0]) : undefined
    if (k === undefined || inner?.op !== 'scale') return undefined
    if (!near(evenly(inner.scale), Math.SQRT1_2) || evenly(inner.offset) !== 0) return undefined
    const [y] = inner.from
    const own = this.#of(x)
    const scaled = x !== y && own?.op === 'scale' && own.from[0] === y && evenly(own.offset) === 0
    const c = x === y ? 1 : scaled ? evenly(own.scale) : undefined
    if (c === undefined) return undefined
    const gelu = this.#push({ op: 'activation', from: [y], name: 'gelu', alpha: 0, beta: 0 }, size)
    const factor = 2 * c * k
    if (near(factor, 1)) return gelu
    const scale = new Float64Array(size).fill(near(factor, 2) ? 2 : factor)
    return this.#push({ op: 'scale', from: [gelu], scale, offset: new Float64Array(size) }, size)
  }

  #of = (value: number): Op | undefined => this.#ops[value - 1]

  #push(op: Op, size: number): number {
    this.#ops.push(op)
    this.#sizes.push(size)
    return this.#ops.length
  }

  upTo = (value: number): Graph => needed(this.#observations, this.#ops, value)
}

/** What a value needs, and no more. */
function needed(observations: number, ops: readonly Op[], value: number): Graph {
  if (value === 0) throw new Error('its output is its input')
  const wanted = new Set([value])
  for (let i = value; i > 0; i--) if (wanted.has(i)) for (const from of ops[i - 1].from) wanted.add(from)
  const order = [...wanted].filter((i) => i > 0).sort((a, b) => a - b)
  const place = new Map([[0, 0], ...order.map((old, i): [number, number] => [old, i + 1])])
  const kept = order.map((i) => ({ ...ops[i - 1], from: ops[i - 1].from.map((from) => place.get(from)!) }) as Op)
  return { observations, ops: kept }
}

/** The number that all are; undefined where they differ. */
const evenly = (values: Numbers): number | undefined => (values.every((x) => x === values[0]) ? values[0] : undefined)
/** constants are written as float32 */
const near = (x: number | undefined, wanted: number) =>
  x !== undefined && Math.abs(x - wanted) <= 1e-6 * Math.abs(wanted)

/** float32 where all was, so that files keep the numbers that they came with. */
const like = (numbers: Numbers, values: Float64Array): Numbers =>
  numbers instanceof Float32Array ? Float32Array.from(values) : values

function rowsOf(layer: Affine, rows: Int32Array): Affine {
  const inputs = layer.weights.length / layer.bias.length
  const weights = new Float64Array(rows.length * inputs)
  for (const [i, row] of rows.entries())
    weights.set(layer.weights.subarray(row * inputs, (row + 1) * inputs), i * inputs)
  const bias = Float64Array.from(rows, (row) => layer.bias[row])
  return { ...layer, weights: like(layer.weights, weights), bias: like(layer.bias, bias) }
}

function scaleRows(layer: Affine, { scale, offset }: Scale): Affine {
  const inputs = layer.weights.length / layer.bias.length
  const bias = Float64Array.from(layer.bias, (b, row) => b * scale[row] + offset[row])
  if (scale.every((s) => s === 1)) return { ...layer, bias: like(layer.bias, bias) }
  const weights = Float64Array.from(layer.weights, (w, i) => w * scale[Math.floor(i / inputs)])
  return { ...layer, weights: like(layer.weights, weights), bias: like(layer.bias, bias) }
}
