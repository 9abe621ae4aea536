/** Operators that make one number of several. */
import { allOf, axisOf, countOf, transpose } from '../graph/arrange.ts'
import type { Builder, Value } from '../graph/builder.ts'
import type { Reduction } from '../graph/graph.ts'
import type { Call, Operator } from './call.ts'

/** before: what each number goes through first. */
export const reduction =
  (name: Reduction, before: (builder: Builder, value: Value) => Value = (_, value) => value): Operator =>
  (call) => {
    const { builder, input, int, refuse } = call
    const x = input(0)
    const given = axesOf(call)
    if (given?.length === 0 && int('noop_with_empty_axes', 0)) return before(builder, x)
    const axes = (given?.length ? given : x.shape.map((_, axis) => axis)).map((axis) => axisOf(axis, x.shape.length))
    if (axes.includes(undefined)) return refuse(`axes [${given?.join(', ')}] of shape [${x.shape.join(', ')}]`)
    const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
    // those that go lie last
    const order = [...others, ...[...axes].sort((a, b) => a! - b!)] as number[]
    const arranged = builder.arrange(before(builder, x), transpose(allOf(x.shape), order))
    const kept = int('keepdims', 1)
      ? x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
      : others.map((axis) => x.shape[axis])
    return builder.reduce(arranged, name, countOf(axes.map((axis) => x.shape[axis!])), kept)
  }

/** An attribute once, an input since opset 13 (sum) or 18. */
function axesOf({ inputs, constant, ints }: Call): readonly number[] | undefined {
  return inputs[1] === undefined ? ints('axes') : Array.from(constant(1).values)
}
