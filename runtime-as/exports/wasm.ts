/**
 * One policy as a WebAssembly module of its own: no loop, no index, every address and weight in its place. Exports `memory`, the addresses
 * `observation` and `action` in it, and `step()`, which turns the f32 at the one into the f32 at the other: the bits of the kernel.
 */
import type { ExportForm } from './form.ts'
import {
  type Program,
  type ProgramLayer,
  type Row,
  requireFloats,
  squashScale,
  TANH_DENOMINATOR,
  TANH_LIMIT,
  TANH_NUMERATOR,
} from './program.ts'
import * as op from './wasm-bytes.ts'

const PAGE = 65536
/** numbers of the functions */
const TANH = 0
const STEP = 1
const FIRST_PART = 2
/** groups of four rows to a function: a compiler's time grows faster than what it compiles */
const GROUPS = 64

/** What the code reads from memory beside the activations: biases and weights in the order of their use. */
class Constants {
  readonly #at: number
  readonly values: number[] = [1]

  constructor(at: number) {
    this.#at = at
  }

  /** Where a 1 lies. */
  get one(): number {
    return this.#at
  }

  /** Address of the numbers, at a multiple of 16 for four of them. */
  place(...numbers: number[]): number {
    while (this.values.length % numbers.length > 0) this.values.push(0)
    return this.#at + 4 * (this.values.push(...numbers) - numbers.length)
  }
}

/** Every part of the memory begins at a multiple of 16. */
const room = (floats: number): number => 16 * Math.ceil(floats / 4)

export function generateWasm(program: Program): Uint8Array<ArrayBuffer> {
  const { layers } = program
  const widest = room(Math.max(0, ...layers.slice(0, -1).map(({ rows }) => rows.length)))
  const observation = 0
  const action = room(program.observations.length)
  const hidden = action + room(program.actions.length)
  // a clamped observation has a place of its own: the caller's stays as it is
  const clamps = program.bounds?.outside === 'clamp'
  const admitted = clamps ? hidden + 2 * widest : observation
  const constants = new Constants(hidden + 2 * widest + (clamps ? room(program.observations.length) : 0))
  const parts = layers.flatMap((layer, i) => {
    const x = i === 0 ? admitted : hidden + widest * ((i + 1) % 2)
    return layerParts(layer, x, i === layers.length - 1 ? action : hidden + widest * (i % 2), constants)
  })
  parts.push(actionsFunction(program, action))
  const calls = parts.flatMap((_, i) => [op.CALL, ...op.unsigned(FIRST_PART + i)])
  const step = op.body(
    [
      [1, op.F32],
      [1, op.I32],
    ],
    [...admit(program, observation, admitted, action), ...calls],
  )
  return moduleOf([tanhFunction(), step, ...parts], { observation, action }, constants)
}

function moduleOf(functions: op.Code[], addresses: Record<string, number>, constants: Constants) {
  const data = [...new Uint8Array(Float32Array.from(constants.values).buffer)]
  const pages = Math.ceil((constants.one + data.length) / PAGE)
  const address = (value: number) => [op.I32, 0, ...op.integer(value), op.END]
  const exported = Object.keys(addresses).map((name, i) => [...op.text(name), 3, i])
  return Uint8Array.from(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].concat(
      // types: f32 -> f32, and nothing -> nothing
      op.section(
        1,
        op.vector([
          [0x60, 1, op.F32, 1, op.F32],
          [0x60, 0, 0],
        ]),
      ),
      op.section(3, op.vector(functions.map((_, i) => [i === TANH ? 0 : 1]))),
      op.section(5, op.vector([[0, ...op.unsigned(pages)]])),
      op.section(6, op.vector(Object.values(addresses).map(address))),
      op.section(7, op.vector([[...op.text('memory'), 2, 0], ...exported, [...op.text('step'), 0, STEP]])),
      op.section(10, op.vector(functions)),
      op.section(11, op.vector([[0, ...op.integer(constants.one), op.END].concat(op.counted(data))])),
    ),
  )
}

/** Locals of the step: a number of the observation, whether any is refused. */
const [NUMBER, REFUSED] = [0, 1]

/** Brings the observation within its bounds, or writes the failsafe and returns. */
function admit({ bounds, failsafe }: Program, observation: number, admitted: number, action: number): op.Code {
  if (!bounds) return []
  const code: op.Code = []
  const x = op.get(NUMBER)
  for (const [i, low] of bounds.low.entries()) {
    const [below, above] = [op.float(low), op.float(bounds.high[i])].map((bound, k) => ({
      bound,
      is: [...x, ...bound, k === 0 ? op.F32_LESS : op.F32_GREATER],
    }))
    code.push(...op.loadFloat(observation + 4 * i), ...op.set(NUMBER))
    code.push(...op.get(REFUSED), ...x, ...x, op.F32_EQ_NOT, op.I32_OR)
    if (bounds.outside === 'refuse') code.push(...below.is, op.I32_OR, ...above.is, op.I32_OR, ...op.set(REFUSED))
    else {
      code.push(...op.set(REFUSED), ...op.BASE)
      // the value to take, the value to leave, the condition
      code.push(...below.bound, ...above.bound, ...x, ...above.is, op.SELECT, ...below.is, op.SELECT)
      code.push(...op.storeFloat(admitted + 4 * i))
    }
  }
  const stores = failsafe.flatMap((value, i) => [...op.BASE, ...op.float(value), ...op.storeFloat(action + 4 * i)])
  return [...code, ...op.get(REFUSED), op.IF, op.EMPTY, ...stores, op.RETURN, op.END]
}

/** Rows four at a time, one in a lane; a single row left over by itself. */
function layerParts({ activation, rows }: ProgramLayer, x: number, y: number, constants: Constants): op.Code[] {
  const parts: op.Code[] = []
  for (let first = 0; first < rows.length; first += 4 * GROUPS) {
    const code: op.Code = []
    for (let row = first; row < Math.min(rows.length, first + 4 * GROUPS); row += 4) {
      const group = rows.slice(row, row + 4)
      code.push(...(group.length === 1 ? single(group[0], x, constants) : four(group, x, constants)))
      code.push(...activated(activation, y + 4 * row))
    }
    parts.push(op.body([[2, op.V128]], code))
  }
  return parts
}

const [SUM, INPUTS] = [0, 1]

/**
 * Sums of up to four rows, each in the order of its own columns. A row that has ended adds 1 * -0 to its sum, which leaves every number
 * as it is, -0 too.
 */
function four(rows: Row[], x: number, constants: Constants): op.Code {
  const lanes = Array.from({ length: 4 }, (_, k): Row => rows[k] ?? { bias: 0, terms: [] })
  const length = Math.max(...lanes.map(({ terms }) => terms.length))
  const scaled = rows[0].scale !== undefined
  const biases = op.loadFour(constants.place(...lanes.map(({ bias }) => bias)))
  const begin = scaled ? op.loadFour(constants.place(0, 0, 0, 0)) : biases
  const code = [...begin, ...op.set(SUM)]
  for (let i = 0; i < length; i++) {
    const weights = constants.place(...lanes.map(({ terms }) => terms[i]?.weight ?? -0))
    const inputs = lanes.map(({ terms }) => (terms[i] ? x + 4 * terms[i].column : constants.one))
    code.push(...op.loadFirst(inputs[0]), ...op.set(INPUTS))
    for (let k = 1; k < 4; k++) code.push(...op.loadLane(inputs[k], op.get(INPUTS), k), ...op.set(INPUTS))
    code.push(...op.get(SUM), ...op.loadFour(weights), ...op.get(INPUTS), ...op.F32X4_MULTIPLY, ...op.F32X4_ADD)
    code.push(...op.set(SUM))
  }
  if (scaled) {
    const scales = op.loadFour(constants.place(...lanes.map(({ scale = 0 }) => scale)))
    code.push(...biases, ...scales, ...op.get(SUM), ...op.F32X4_MULTIPLY, ...op.F32X4_ADD, ...op.set(SUM))
  }
  return code
}

function single({ bias, scale, terms }: Row, x: number, constants: Constants): op.Code {
  const begin = op.loadFloat(constants.place(bias))
  const code = scale === undefined ? begin : [...begin, ...op.loadFloat(constants.place(scale)), ...op.float(0)]
  for (const { column, weight } of terms) {
    code.push(...op.loadFloat(constants.place(weight)), ...op.loadFloat(x + 4 * column), op.F32_MULTIPLY, op.F32_ADD)
  }
  if (scale !== undefined) code.push(op.F32_MULTIPLY, op.F32_ADD)
  return [...code, ...op.F32X4_SPLAT, ...op.set(SUM)]
}

/** Stores the four sums, activated: room was made for four. */
function activated(activation: ProgramLayer['activation'], y: number): op.Code {
  const sum = op.get(SUM)
  if (activation === 'none') return [...op.BASE, ...sum, ...op.storeFour(y)]
  if (activation === 'tanh') {
    return [0, 1, 2, 3].flatMap((k) => [...op.BASE, ...sum, ...op.lane(k), op.CALL, TANH, ...op.storeFloat(y + 4 * k)])
  }
  // bits & ~((bits & (bits + 0x7fffff)) >> 31), of assembly/relu.ts
  return [
    ...op.BASE,
    ...sum,
    ...sum,
    ...sum,
    ...op.integer(0x7fffff),
    ...op.I32X4_SPLAT,
    ...op.I32X4_ADD,
    ...op.V128_AND,
    ...op.integer(31),
    ...op.I32X4_SHIFT_SIGNED,
    ...op.V128_AND_NOT,
    ...op.storeFour(y),
  ]
}

/** The last layer's outputs become actions in place. One local, the action. */
function actionsFunction({ low, high, failsafe, squash }: Program, y: number): op.Code {
  const code: op.Code = []
  const a = op.get(0)
  for (const [i, lowest] of low.entries()) {
    const { middle, half } = squashScale(lowest, high[i])
    if (squash === 'tanh') code.push(...op.float(middle), ...op.float(half))
    code.push(...op.loadFloat(y + 4 * i))
    if (squash === 'tanh') code.push(op.F32_MULTIPLY, op.F32_ADD)
    code.push(...op.set(0), ...op.BASE)
    // the value to take, the value to leave, the condition
    code.push(...op.float(lowest), ...a, ...a, ...op.float(lowest), op.F32_LESS, op.SELECT, ...op.set(0))
    code.push(...op.float(high[i]), ...a, ...a, ...op.float(high[i]), op.F32_GREATER, op.SELECT, ...op.set(0))
    code.push(...op.float(failsafe[i]), ...a, ...a, ...a, op.F32_EQ_NOT, op.SELECT, ...op.storeFloat(y + 4 * i))
  }
  return op.body([[1, op.F32]], code)
}

/** tanh of assembly/tanh.ts. Locals: x, x^2, the quotient. */
function tanhFunction(): op.Code {
  const [x, u, y] = [0, 1, 2].map(op.get)
  const polynomial = (coefficients: number[]): op.Code =>
    coefficients
      .toReversed()
      .flatMap((c, i) => (i === 0 ? op.float(c) : [...u, op.F32_MULTIPLY, ...op.float(c), op.F32_ADD]))
  const returnIf = (value: op.Code, comparison: number, limit: number, result: number): op.Code => [
    ...value,
    ...op.float(limit),
    comparison,
    op.IF,
    op.EMPTY,
    ...op.float(result),
    op.RETURN,
    op.END,
  ]
  return op.body(
    [[2, op.F32]],
    [
      ...returnIf(x, op.F32_GREATER, TANH_LIMIT, 1),
      ...returnIf(x, op.F32_LESS, -TANH_LIMIT, -1),
      ...x,
      ...x,
      op.F32_MULTIPLY,
      ...op.set(1),
      ...x,
      ...polynomial(TANH_NUMERATOR),
      op.F32_MULTIPLY,
      ...polynomial(TANH_DENOMINATOR),
      op.F32_DIVIDE,
      ...op.set(2),
      ...returnIf(y, op.F32_GREATER, 1, 1),
      ...returnIf(y, op.F32_LESS, -1, -1),
      ...y,
    ],
  )
}

export const wasmForm: ExportForm = {
  extension: '.wasm',
  write(program, _, policy) {
    requireFloats(program, 'WebAssembly', policy)
    return { '.wasm': generateWasm(program) }
  },
}
