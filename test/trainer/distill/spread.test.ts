import fc from 'fast-check'
import { expect, it } from 'vitest'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { transitionsOf } from '../../../trainer/data/transitions.ts'
import { spreadObservations } from '../../../trainer/distill/data.ts'

it('observations come from all over the data, each row once, all of it where it is short', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (rows, count) => {
      const { width } = columnsOf(1, 1)
      const transitions = transitionsOf(
        Float32Array.from({ length: rows * width }, (_, i) => (i % width === 0 ? i / width : 0)),
        1,
        1,
      )
      const seen = spreadObservations(transitions, count).map(([row]) => row)
      expect(seen).toHaveLength(Math.min(rows, count))
      expect(new Set(seen).size).toBe(seen.length)
      const steps = [-1, ...seen, rows].slice(1).map((row, i) => row - [-1, ...seen][i])
      for (const step of steps) expect(step).toBeLessThanOrEqual(rows / seen.length + 1)
    }),
  )
})
