/** Operators that move numbers and compute none. */
import { allOf, axisOf, broadcastShape, countOf, takeAlong, transpose } from '../graph/arrange.ts'
import type { Value } from '../graph/builder.ts'
import { limits } from '../graph/graph.ts'
import type { Call, Operator } from './call.ts'

/** TensorProto.DataType: whole numbers */
const wholeTypes = [2, 3, 4, 5, 6, 7, 9, 12, 13]

export const shaping: Readonly<Record<string, Operator>> = {
  Constant: constantOf,
  ConstantOfShape({ builder, constant, node }) {
    const shape = Array.from(constant(0).values)
    const { values, whole } = node.attributes.get('value')?.tensor?.() ?? { values: [0], whole: false }
    builder.requireSize(shape, builder.constant(new Float64Array()))
    return builder.constant(new Float64Array(countOf(shape)).fill(values[0]), shape, whole)
  },
  Shape({ builder, input, int }) {
    const { shape } = input(0)
    const part = shape.slice(int('start', 0), int('end', shape.length))
    return builder.constant(Float64Array.from(part), [part.length], true)
  },
  Size: ({ builder, input }) => builder.constant(Float64Array.of(countOf(input(0).shape)), [], true),
  Cast: (call) => cast(call, call.int('to', 1)),
  CastLike: (call) => (call.input(1).whole ? cast(call, 7) : cast(call, 1)),
  Reshape: reshape,
  Flatten({ builder, input, int, refuse }) {
    const { shape } = input(0)
    const axis = int('axis', 1)
    const at = axis < 0 ? axis + shape.length : axis
    if (!(at >= 0 && at <= shape.length)) return refuse(`axis ${axis} of shape [${shape.join(', ')}]`)
    return builder.reshape(input(0), [countOf(shape.slice(0, at)), countOf(shape.slice(at))])
  },
  Squeeze(call) {
    const { builder, input, refuse } = call
    const { shape } = input(0)
    const axes = axesOf(call)?.map((axis) => axisOf(axis, shape.length))
    if (axes?.some((axis) => axis === undefined || shape[axis] !== 1)) return refuse(`shape [${shape.join(', ')}]`)
    return builder.reshape(
      input(0),
      shape.filter((n, axis) => (axes ? !axes.includes(axis) : n !== 1)),
    )
  },
  Unsqueeze(call) {
    const { builder, input, refuse } = call
    const axes = axesOf(call) ?? []
    const rank = input(0).shape.length + axes.length
    const places = axes.map((axis) => axisOf(axis, rank))
    if (places.includes(undefined) || new Set(places).size < places.length) return refuse(`axes [${axes.join(', ')}]`)
    const shape = [...input(0).shape]
    for (const axis of (places as number[]).sort((a, b) => a - b)) shape.splice(axis, 0, 1)
    return builder.reshape(input(0), shape)
  },
  Transpose({ builder, input, ints, refuse }) {
    const { shape } = input(0)
    const order = ints('perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
    if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== shape.length)
      return refuse(`perm [${order.join(', ')}]`)
    return builder.arrange(input(0), transpose(allOf(shape), order))
  },
  Expand({ builder, input, constant, refuse }) {
    const wanted = Array.from(constant(1).values)
    const shape = broadcastShape(input(0).shape, wanted)
    return shape ? builder.expand(input(0), shape) : refuse(`shape [${wanted.join(', ')}]`)
  },
  Tile({ builder, input, constant, refuse }) {
    const { shape } = input(0)
    const times = Array.from(constant(1).values)
    builder.requireSize(
      shape.map((n, axis) => n * times[axis]),
      input(0),
    )
    if (!times.every((n) => Number.isInteger(n) && n >= 1) || times.length !== shape.length)
      return refuse('its repeats')
    let places = allOf(shape)
    shape.forEach((n, axis) => {
      places = takeAlong(
        places,
        axis,
        Array.from({ length: n * times[axis] }, (_, i) => i % n),
      )
    })
    return builder.arrange(input(0), places)
  },
  Concat({ builder, input, inputs, int, refuse }) {
    const parts = inputs.map((_, i) => input(i))
    const [{ shape }] = parts
    const axis = axisOf(int('axis', 0), shape.length)
    const fits = (part: Value) =>
      part.shape.length === shape.length && part.shape.every((n, i) => i === axis || n === shape[i])
    if (axis === undefined || !parts.every(fits)) return refuse('arrays that do not go together')
    const size = parts.reduce((sum, part) => sum + part.shape[axis], 0)
    const outer = countOf(shape.slice(0, axis))
    const joined = builder.join(parts)
    const whole = shape.map((n, i) => (i === axis ? size : n))
    if (outer === 1) return builder.reshape(joined, whole)
    // each part lies behind the one before, and its rows belong between theirs
    let before = 0
    const starts = parts.map((part) => {
      before += countOf(part.shape)
      return before - countOf(part.shape)
    })
    const at = Array.from({ length: outer }, (_, o) =>
      parts.flatMap((part, p) => {
        const row = countOf(part.shape) / outer
        return Array.from({ length: row }, (_, i) => starts[p] + o * row + i)
      }),
    )
    return builder.arrange(joined, { shape: whole, at: Int32Array.from(at.flat()) })
  },
  Split: split,
  Slice: slice,
  Gather({ builder, input, constant, int, refuse }) {
    const { shape } = input(0)
    const axis = axisOf(int('axis', 0), shape.length)
    if (axis === undefined) return refuse('its axis')
    const indices = constant(1)
    const places = Array.from(indices.values, (i) => axisOf(i, shape[axis]))
    if (places.includes(undefined)) return refuse(`an index beyond ${shape[axis]}`)
    builder.requireSize([...shape.slice(0, axis), places.length, ...shape.slice(axis + 1)], input(0))
    const taken = takeAlong(allOf(shape), axis, places as number[])
    return builder.arrange(input(0), {
      ...taken,
      shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)],
    })
  },
}

function constantOf({ builder, node, float, int, ints, refuse }: Call): Value {
  const given = node.attributes
  const tensor = given.get('value')?.tensor?.()
  if (tensor) return builder.constant(tensor.values, tensor.shape, tensor.whole)
  if (given.has('value_float')) return builder.constant(Float64Array.of(float('value_float', 0)), [])
  if (given.has('value_int')) return builder.constant(Float64Array.of(int('value_int', 0)), [], true)
  const floats = given.get('value_floats')?.floats
  if (floats) return builder.constant(Float64Array.from(floats))
  const list = ints('value_ints')
  return list ? builder.constant(Float64Array.from(list), [list.length], true) : refuse('expected numbers')
}

/** What depends on an observation stays what it is: a float of whatever size. */
function cast({ builder, input, refuse }: Call, to: number): Value {
  const value = input(0)
  const whole = wholeTypes.includes(to)
  if (value.constant) {
    const { constant } = value
    const values = to === 9 ? constant.map((x) => (x === 0 ? 0 : 1)) : whole ? constant.map(Math.trunc) : constant
    return builder.constant(values, value.shape, whole)
  }
  return whole ? refuse('numbers that depend on the observation become whole ones') : value
}

function reshape({ builder, input, inputs, constant, int, ints, refuse }: Call): Value {
  const { shape } = input(0)
  const given = inputs[1] === undefined ? (ints('shape') ?? []) : Array.from(constant(1).values)
  if (given.length > 8) return refuse('more than 8 axes')
  const sizes = given.map((n, axis) => (n === 0 && !int('allowzero', 0) ? (shape[axis] ?? 0) : n))
  const known = countOf(sizes.filter((n) => n !== -1))
  const wanted = sizes.map((n) => (n === -1 ? countOf(shape) / known : n))
  if (!wanted.every((n) => Number.isInteger(n) && n >= 0) || countOf(wanted) !== countOf(shape))
    return refuse(`shape [${given.join(', ')}] of [${shape.join(', ')}]`)
  return builder.reshape(input(0), wanted)
}

/** An attribute once, an input since opset 13. */
const axesOf = ({ inputs, constant, ints }: Call): readonly number[] | undefined =>
  inputs[1] === undefined ? ints('axes') : Array.from(constant(1).values)

function split({ builder, node, input, inputs, constant, int, ints, refuse }: Call): Value[] {
  const { shape } = input(0)
  const axis = axisOf(int('axis', 0), shape.length)
  if (axis === undefined) return refuse('its axis')
  const count = int('num_outputs', node.outputs.length)
  const each = Math.ceil(shape[axis] / count)
  const even = Array.from({ length: node.outputs.length }, (_, i) => Math.min(each, shape[axis] - i * each))
  const sizes = inputs[1] === undefined ? (ints('split') ?? even) : Array.from(constant(1).values)
  if (
    !sizes.every((n) => n >= 1) ||
    sizes.reduce((sum, n) => sum + n, 0) !== shape[axis] ||
    sizes.length < node.outputs.length
  )
    return refuse(`parts [${sizes.join(', ')}] of ${shape[axis]}`)
  let at = 0
  return sizes.map((n) => {
    const places = Array.from({ length: n }, (_, i) => at + i)
    at += n
    return builder.arrange(input(0), takeAlong(allOf(shape), axis, places))
  })
}

/** Attributes once, inputs since opset 10: starts, ends, axes, steps. */
function slice({ builder, input, inputs, constant, ints, refuse, opset }: Call): Value {
  const list = (i: number, name: string) =>
    opset < 10 ? ints(name) : inputs[i] === undefined ? undefined : Array.from(constant(i).values)
  const [starts, ends] = [list(1, 'starts') ?? [], list(2, 'ends') ?? []]
  const axes = list(3, 'axes') ?? starts.map((_, axis) => axis)
  const steps = opset < 10 ? undefined : list(4, 'steps')
  let places = allOf(input(0).shape)
  if (ends.length !== starts.length || axes.length !== starts.length) return refuse('its starts, ends and axes')
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(given, places.shape.length)
    const step = steps?.[i] ?? 1
    if (axis === undefined || !Number.isInteger(step) || step === 0) return refuse('its axes and steps')
    const size = places.shape[axis]
    const within = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x < 0 ? x + size : x))
    const [start, end] =
      step > 0
        ? [within(starts[i], 0, size), within(ends[i], 0, size)]
        : [within(starts[i], 0, size - 1), within(ends[i], -1, size - 1)]
    const taken: number[] = []
    for (let at = start; step > 0 ? at < end : at > end; at += step) taken.push(at)
    // of known sizes nothing may be left
    const none = taken.length === 0 && !input(0).constant
    if (none || taken.length > limits.width) return refuse('it takes nothing')
    places = takeAlong(places, axis, taken)
  }
  return builder.arrange(input(0), places)
}
