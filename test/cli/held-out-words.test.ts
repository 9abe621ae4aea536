import { expect, it } from 'vitest'
import { describeError } from '../../cli/distill/describe.ts'
import type { HeldOut } from '../../trainer/distill/judge.ts'

it('a student that is no better than always doing the mean is called useless, and no other', () => {
  const words = (rmse: number) =>
    describeError({ error: { rmse, spread: 0.4, p99: 1, max: 1 }, clamped: 0 } as unknown as HeldOut)
  expect(words(0.41)).toContain('of no use')
  expect(words(0.4)).toContain('of no use')
  expect(words(0.39)).not.toContain('of no use')
})
