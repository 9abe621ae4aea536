/** Which observations may share a mistake. */

/**
 * Sets of indices: those whose names have a stem in common (joint_vel_0, joint_vel_1; hip_velocity, knee_velocity; q0, q1), runs that follow
 * each other, as joints and velocities do, halves and all. Singles are not among them.
 */
export function groupsOf(names: readonly string[]): number[][] {
  const sets = new Map<string, number[]>()
  const add = (set: number[]) => {
    if (set.length > 1) sets.set(set.join(), set)
  }
  for (const set of stems(names)) add(set)
  const n = names.length
  const run = (first: number, count: number) => add(Array.from({ length: count }, (_, i) => first + i))
  for (const count of [2, 3, 4, 5, 6, 8, 12]) for (let first = 0; first + count <= n; first++) run(first, count)
  for (let first = 1; first < n; first++) {
    run(first, n - first)
    run(0, first)
  }
  run(0, n)
  return [...sets.values()]
}

/** Names that begin or end alike. */
export function stems(names: readonly string[]): number[][] {
  const found = new Map<string, number[]>()
  names.forEach((name, i) => {
    const parts = name.split(/[^\p{L}]+/u).filter((part) => part !== '')
    const keys = new Set<string>()
    for (let k = 1; k <= parts.length; k++) {
      keys.add(`^${parts.slice(0, k).join(' ')}`)
      keys.add(`${parts.slice(-k).join(' ')}$`)
    }
    for (const key of keys) found.set(key, [...(found.get(key) ?? []), i])
  })
  return [...found.values()].filter((set) => set.length > 1)
}

/** How a set is called: its names, or the first and the last of many. */
export function called(names: readonly string[], set: readonly number[]): string {
  const [all, n] = [set.map((i) => names[i]), set.length]
  if (n === names.length && n > 3) return `all ${n}`
  if (n <= 4) return all.length === 1 ? all[0] : `${all.slice(0, -1).join(', ')} and ${all[n - 1]}`
  const together = set.every((i, k) => k === 0 || i === set[k - 1] + 1)
  return together ? `${all[0]} to ${all[n - 1]}` : `${all.slice(0, 3).join(', ')} and ${n - 3} more`
}
