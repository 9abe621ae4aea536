/** Shapes while a file is read: where each entry of a result comes from, so that slices, transposes and the like all become `pick`. */

/** An array of places in another: row-major, of any number of axes. */
export interface Places {
  shape: readonly number[]
  at: Int32Array
}

export const countOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** Numbers that follow one another under each step of an axis. */
const strideOf = (shape: readonly number[], axis: number): number => countOf(shape.slice(axis + 1))

export const allOf = (shape: readonly number[]): Places => ({
  shape,
  at: Int32Array.from({ length: countOf(shape) }, (_, i) => i),
})

/** An axis that may count from the end. Undefined: there is no such. */
export const axisOf = (axis: number, axes: number): number | undefined => {
  const from = axis < 0 ? axis + axes : axis
  return Number.isInteger(from) && from >= 0 && from < axes ? from : undefined
}

/** The entries of an axis at these places, in this order. */
export function takeAlong({ shape, at }: Places, axis: number, places: readonly number[]): Places {
  const [stride, size] = [strideOf(shape, axis), shape[axis]]
  const outer = countOf(shape.slice(0, axis))
  const taken = new Int32Array(outer * places.length * stride)
  let to = 0
  for (let o = 0; o < outer; o++)
    for (const place of places) {
      const from = (o * size + place) * stride
      taken.set(at.subarray(from, from + stride), to)
      to += stride
    }
  return { shape: shape.map((n, i) => (i === axis ? places.length : n)), at: taken }
}

/** order: which axis of the old each of the new is. */
export function transpose({ shape, at }: Places, order: readonly number[]): Places {
  const wanted = order.map((axis) => shape[axis])
  const steps = order.map((axis) => strideOf(shape, axis))
  const index = order.map(() => 0)
  const moved = Int32Array.from(at, () => {
    const from = index.reduce((sum, i, axis) => sum + i * steps[axis], 0)
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === wanted[axis]; axis--) index[axis] = 0
    return at[from]
  })
  return { shape: wanted, at: moved }
}

/** The shape that both take; undefined where they do not go together. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const axes = Math.max(a.length, b.length)
  const sizes = (shape: readonly number[], axis: number) => shape[axis - axes + shape.length] ?? 1
  const shape: number[] = []
  for (let axis = 0; axis < axes; axis++) {
    const [m, n] = [sizes(a, axis), sizes(b, axis)]
    if (m !== n && m !== 1 && n !== 1) return undefined
    shape.push(m === 1 ? n : m)
  }
  return shape
}

/** The same entries over a larger shape, which `broadcastShape` gave. */
export function broadcast({ shape, at }: Places, to: readonly number[]): Places {
  const own = [...Array<number>(to.length - shape.length).fill(1), ...shape]
  let places: Places = { shape: own, at }
  own.forEach((n, axis) => {
    if (n !== to[axis]) places = takeAlong(places, axis, Array<number>(to[axis]).fill(0))
  })
  return places
}
