/** Builds a graph out of operations on arrays with shapes. What depends on no observation is computed at once and stays a constant. */

import type { ActivationName } from './activations.ts'
import { allOf, broadcast, broadcastShape, countOf, type Places } from './arrange.ts'
import { type Combination, type Graph, limits, type Numbers, type Op, type Reduction } from './graph.ts'
import { runOp } from './run.ts'

/** An array while a file is read: of the graph, or known. */
export interface Value {
  shape: readonly number[]
  /** of the graph; absent: `constant` is there */
  id?: number
  constant?: Numbers
  /** whole numbers, where division cuts */
  whole?: boolean
}

/** numbers that are made on the way, which is work and memory too */
const budget = 6 * limits.numbers

export class Builder {
  readonly observation: Value
  readonly #ops: Op[] = []
  readonly #refuse: (what: string) => never
  /** numbers on the way, of which the graph keeps some */
  #left: number = budget

  /** refuse: throws the line that names the file and what in it is wrong */
  constructor(shape: readonly number[], refuse: (what: string) => never) {
    this.#refuse = refuse
    this.observation = { shape, id: 0 }
    this.requireSize(shape)
  }

  /** The graph that ends with a value of it. */
  graph(value: Value): Graph {
    if (value.id === undefined) return this.#refuse('its output does not depend on the observation')
    // the last operation gives the result
    if (value.id !== this.#ops.length) this.#emit({ op: 'pick', indices: allOf(value.shape).at }, [value], value.shape)
    return { observations: countOf(this.observation.shape), ops: this.#ops }
  }

  constant = (values: Numbers, shape: readonly number[] = [values.length], whole = false): Value => ({
    shape,
    constant: this.#spent(values),
    whole,
  })

  reshape = ({ shape: _, ...value }: Value, shape: readonly number[]): Value => ({ ...value, shape })

  /** Entries of a value, where they come from. */
  arrange(value: Value, { shape, at }: Places): Value {
    this.#spent(at)
    if (at.length === countOf(value.shape) && at.every((from, i) => from === i)) return this.reshape(value, shape)
    const { constant, whole } = value
    if (!constant) return this.#emit({ op: 'pick', indices: at }, [value], shape)
    const values = constant instanceof Float32Array ? new Float32Array(at.length) : new Float64Array(at.length)
    at.forEach((from, i) => {
      values[i] = constant[from]
    })
    return { shape, constant: this.#spent(values), whole }
  }

  expand(value: Value, shape: readonly number[]): Value {
    if (value.shape.length === shape.length && value.shape.every((n, axis) => n === shape[axis])) return value
    this.requireSize(shape, value)
    return this.arrange(value, broadcast(allOf(value.shape), shape))
  }

  /** One after another, flat. */
  join(values: readonly Value[]): Value {
    const shape = [values.reduce((sum, value) => sum + countOf(value.shape), 0)]
    return { ...this.#emit({ op: 'join' }, values, shape), whole: values.every(({ whole }) => whole) }
  }

  activate = (value: Value, name: ActivationName, alpha = 0, beta = 0): Value =>
    this.#emit({ op: 'activation', name, alpha, beta }, [value], value.shape)

  /** Entry by entry, one shape over the other. */
  combine(name: Combination, left: Value, right: Value): Value {
    const shape = broadcastShape(left.shape, right.shape)
    if (!shape)
      return this.#refuse(`shapes [${left.shape.join(', ')}] and [${right.shape.join(', ')}] do not go together`)
    const [a, b] = [this.expand(left, shape), this.expand(right, shape)]
    if (a.constant && b.constant) {
      const result = this.#emit({ op: 'combine', name }, [a, b], shape)
      if (!left.whole || !right.whole) return result
      return { ...result, whole: true, constant: name === 'div' ? result.constant!.map(Math.trunc) : result.constant }
    }
    if (a.constant && (name === 'add' || name === 'mul')) return this.#scaleBy(name, b, a.constant, shape)
    if (a.constant && name === 'sub')
      return this.#scale(
        b,
        a.constant.map(() => -1),
        a.constant,
        shape,
      )
    if (b.constant && (name === 'add' || name === 'sub' || name === 'mul' || name === 'div'))
      return this.#scaleBy(name, a, b.constant, shape)
    if (b.constant && (name === 'min' || name === 'max')) {
      const unbounded = b.constant.map(() => (name === 'min' ? -Infinity : Infinity))
      return this.clip(
        this.reshape(a, shape),
        ...((name === 'min' ? [unbounded, b.constant] : [b.constant, unbounded]) as [Numbers, Numbers]),
      )
    }
    if (a.constant && (name === 'min' || name === 'max')) return this.combine(name, b, a)
    if (b.constant && name === 'pow' && b.constant.every((x) => x === b.constant![0]))
      return this.activate(this.reshape(a, shape), 'power', b.constant[0])
    return this.#emit({ op: 'combine', name }, [a, b], shape)
  }

  /** a where the condition is not 0, else b. */
  choose(condition: Value, a: Value, b: Value): Value {
    const all = [condition, a, b]
    const shape = all.reduce<readonly number[] | undefined>((so, { shape }) => so && broadcastShape(so, shape), [])
    if (!shape) return this.#refuse('three arrays that do not go together')
    return this.#emit(
      { op: 'choose' },
      all.map((one) => this.expand(one, shape)),
      shape,
    )
  }

  #scaleBy(name: 'add' | 'sub' | 'mul' | 'div', value: Value, by: Numbers, shape: readonly number[]): Value {
    const ones = by.map(() => 1)
    const zeros = by.map(() => 0)
    if (name === 'add') return this.#scale(value, ones, by, shape)
    if (name === 'sub')
      return this.#scale(
        value,
        ones,
        by.map((x) => -x),
        shape,
      )
    return this.#scale(value, name === 'mul' ? by : Float64Array.from(by, (x) => 1 / x), zeros, shape)
  }

  #scale = (value: Value, scale: Numbers, offset: Numbers, shape: readonly number[]): Value =>
    this.#emit({ op: 'scale', scale: this.#spent(scale), offset: this.#spent(offset) }, [value], shape)

  /** low, high: one an entry, or one for all */
  clip(value: Value, low: Numbers, high: Numbers): Value {
    const each = (bound: Numbers) =>
      bound.length === 1 ? new Float64Array(countOf(value.shape)).fill(bound[0]) : bound
    return this.#emit({ op: 'clip', low: each(low), high: each(high) }, [value], value.shape)
  }

  /** weights: shape (outputs, inputs) */
  affine(value: Value, weights: Numbers, bias: Numbers): Value {
    const shape = [...value.shape.slice(0, -1), bias.length]
    return this.#emit({ op: 'affine', weights: this.#spent(weights), bias }, [value], shape)
  }

  /** Of groups of entries that follow one another; shape: of the result. */
  reduce = (value: Value, name: Reduction, group: number, shape: readonly number[]): Value =>
    this.#emit({ op: 'reduce', name, group }, [value], shape)

  standardise = (value: Value, group: number, epsilon: number): Value =>
    this.#emit({ op: 'standardise', group, epsilon }, [value], value.shape)

  /** Where all inputs are known, so is the result. */
  #emit(op: WithoutFrom<Op>, inputs: readonly Value[], shape: readonly number[]): Value {
    if (inputs.length > 0 && inputs.every(({ constant }) => constant)) {
      this.requireSize(shape, inputs[0])
      for (const { constant } of inputs) this.#spent(constant!)
      const known = { ...op, from: inputs.map((_, i) => i) } as Op
      const values = runOp(
        known,
        inputs.map(({ constant }) => Float64Array.from(constant!)),
        countOf(shape),
      )
      return { shape, constant: this.#spent(values) }
    }
    this.requireSize(shape)
    if (this.#ops.length >= 4 * limits.ops) this.#refuse(`more than ${4 * limits.ops} operations`)
    this.#ops.push({ ...op, from: inputs.map(this.#id) } as Op)
    return { shape, id: this.#ops.length }
  }

  /** Its number in the graph; a constant gets one here. */
  #id = ({ id, constant, shape }: Value): number =>
    id ?? this.#emit({ op: 'constant', values: constant! }, [], shape).id!

  /** like: a value of the kind that it is; what is known may be larger than what is computed */
  requireSize(shape: readonly number[], like?: Value): void {
    const most = like?.constant ? limits.numbers : limits.width
    if (!(countOf(shape) <= most && (like?.constant || countOf(shape) >= 1)) || shape.length > 8)
      this.#refuse(`an array of shape [${shape.slice(0, 8).join(', ')}], expected at most ${most} numbers`)
  }

  #spent<T extends ArrayLike<number>>(numbers: T): T {
    this.#left -= numbers.length
    if (this.#left < 0) this.#refuse(`more than ${budget} weights and constants`)
    return numbers
  }
}

type WithoutFrom<T> = T extends unknown ? Omit<T, 'from'> : never
