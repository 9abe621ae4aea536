/** Orders of columns that people and programs mistake for each other. */

/** As lists: place i takes column list[i]. o: observations, a: actions, as many as there are joints in most robots. */
export function orders(o: number, a: number): number[][] {
  const found = new Map<string, number[]>()
  const same = Array.from({ length: o }, (_, i) => i)
  const add = (first: number, inner: readonly number[]) => {
    if (first < 0 || first + inner.length > o) return
    const list = same.toSpliced(first, inner.length, ...inner.map((j) => first + j))
    if (list.some((j, i) => i !== j)) found.set(list.join(), list)
  }
  // pairs
  for (let i = 0; i < o; i++) for (let j = i + 1; j < o; j++) add(i, swapOf(j - i + 1))
  for (let first = 0; first < o; first++) {
    // neighbouring blocks of a length
    for (let length = 2; first + 2 * length <= o; length++) add(first, turned(2 * length, length))
    // quaternions and vectors
    for (const length of [3, 4]) for (const by of [1, length - 1]) add(first, turned(length, by))
    for (const length of [3, 4, 5, 6, 8, 12]) add(first, reversed(length))
  }
  // velocities before positions, and the like
  for (let by = 1; by < o; by++) add(0, turned(o, by))
  add(0, reversed(o))
  // by leg or by kind of joint
  for (const length of new Set([6, 8, 12, 18, a, 2 * a, o]))
    for (let rows = 2; rows <= length / 2; rows++)
      if (length % rows === 0) for (let first = 0; first < o; first++) add(first, transposed(rows, length / rows))
  for (const inner of jointOrders(a))
    for (let blocks = 1; blocks * a <= o && blocks <= 4; blocks++)
      for (let spare = 0; spare + blocks * a <= o && spare <= 4; spare++) {
        const repeated = Array.from({ length: blocks }, (_, b) => inner.map((j) => b * a + j)).flat()
        add(o - spare - blocks * a, repeated)
        add(spare, repeated)
      }
  return [...found.values()]
}

const turned = (length: number, by: number) => Array.from({ length }, (_, i) => (i + by) % length)
const reversed = (length: number) => Array.from({ length }, (_, i) => length - 1 - i)
const swapOf = (length: number) => Array.from({ length }, (_, i) => (i === 0 ? length - 1 : i === length - 1 ? 0 : i))
const transposed = (rows: number, columns: number) =>
  Array.from({ length: rows * columns }, (_, i) => (i % rows) * columns + Math.floor(i / rows))

/** Orders of the joints of a robot: legs exchanged, by leg or by kind, from the other end. */
export function jointOrders(a: number): number[][] {
  const found: number[][] = [reversed(a)]
  for (let by = 1; by < a; by++) found.push(turned(a, by))
  for (let legs = 2; legs <= a / 2; legs++) {
    if (a % legs !== 0) continue
    const joints = a / legs
    found.push(transposed(legs, joints))
    if (legs !== 2 && legs !== 4) continue
    for (const order of permutations(legs))
      found.push(order.flatMap((leg) => Array.from({ length: joints }, (_, k) => leg * joints + k)))
  }
  return found
}

function permutations(n: number): number[][] {
  if (n === 1) return [[0]]
  return permutations(n - 1).flatMap((shorter) => Array.from({ length: n }, (_, at) => shorter.toSpliced(at, 0, n - 1)))
}
