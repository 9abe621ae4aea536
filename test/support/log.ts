/** A log without a simulator: a known policy on states that wander, in episodes of several lengths. */
import { columnsOf } from '../../trainer/data/columns.ts'
import { transitionsOf } from '../../trainer/data/transitions.ts'
import type { Data } from '../../trainer/distill/data.ts'
import { randomStream } from '../../trainer/random.ts'
import type { Controller } from '../../trainer/tasks/evaluate.ts'

export const logContract = {
  name: 'arm',
  observationNames: ['q [rad]', 'v [rad/s]', 'load [N]'],
  actionNames: ['elbow [Nm]', 'wrist [N]'],
  // of very different size, so that one unit would drown the other
  actionLow: [-1, -500],
  actionHigh: [1, 300],
  period: 0.01,
}

/** Smooth, and within the bounds. */
export const logTeacher: Controller = (x, action) => {
  action[0] = Math.tanh(x[0] - 0.5 * x[1])
  action[1] = -100 + 400 * Math.tanh(0.8 * x[1] + 0.01 * x[2])
}

/** noise: of the logged actions, as a share of half the range */
export function makeLog({
  lengths,
  noise = 0,
  seed = 1,
}: {
  lengths: readonly number[]
  noise?: number
  seed?: number
}) {
  const { width, action, next } = columnsOf(3, 2)
  const random = randomStream(seed, 'log')
  const count = lengths.reduce((sum, n) => sum + n, 0)
  const rows = new Float32Array(count * width)
  const episodes: { first: number; count: number; terminal: boolean }[] = []
  let row = 0
  for (const length of lengths) {
    episodes.push({ first: row, count: length, terminal: false })
    const x = [random.normal(), random.normal(), 30 * random.normal()]
    const clean = new Float32Array(2)
    for (let step = 0; step < length; step++, row++) {
      const at = row * width
      rows.set(x, at)
      logTeacher(rows.subarray(at, at + 3), clean)
      rows[at + action] = clean[0] + noise * random.normal()
      rows[at + action + 1] = clean[1] + 400 * noise * random.normal()
      for (const [i, size] of [1, 1, 30].entries()) x[i] = 0.95 * x[i] + 0.3 * size * random.normal()
      rows.set(x, at + next)
    }
  }
  const data: Data = { ...transitionsOf(rows, 3, 2), episodes, hasRewards: false, hasTeacherActions: false }
  return { rows, data, episodes }
}

/** The same as CSV. */
export function asCsv(rows: Float32Array, episodes: readonly { first: number; count: number }[]): string {
  const { width } = columnsOf(3, 2)
  const lines = episodes.flatMap(({ first, count }, episode) =>
    Array.from({ length: count }, (_, i) => {
      const numbers = rows.subarray((first + i) * width, (first + i) * width + 5)
      return [episode, (i * logContract.period).toFixed(3), ...numbers].join(',')
    }),
  )
  return `${['episode', 'time', 'q', 'v', 'load', 'elbow', 'wrist'].join(',')}\n${lines.join('\n')}\n`
}
