/** Actions squashed twice or not at all. The policy is not asked again. */
import type { Hypothesis } from '../hypothesis.ts'
import { each } from './each-action.ts'

export const squashHypothesis: Hypothesis = {
  name: 'action squash',
  about: "the policy's last tanh is missing from the log's actions, or applied twice",
  fit(bench) {
    const { a, bounds } = bench
    const half = bounds.low.map((low, i) => (bounds.high[i] - low) / 2)
    const middle = bounds.low.map((low, i) => (bounds.high[i] + low) / 2)
    if (!half.every((x) => Number.isFinite(x) && x > 0)) return []
    const limit = 1 - 1e-6
    const flat = 3
    const share = (y: number, i: number) => (y - middle[i]) / half[i]
    const plain = { freedom: 0, choices: 2 }
    return [
      {
        ...plain,
        after: each(a, (y, i) => middle[i] + half[i] * Math.tanh(share(y, i))),
        finding: {
          mistake: "the log's actions went through tanh once more than the policy's",
          mend: 'take one tanh away: the policy has its own',
          names: [],
        },
      },
      {
        ...plain,
        after: (actions, rows) =>
          actions.map((y, k) => {
            const i = k % a
            const before = Math.atanh(Math.max(-limit, Math.min(limit, share(y, i))))
            // where tanh is nearly flat, what went in may have been anything beyond
            const logged = share(rows.u[k], i)
            const beyond = Math.abs(before) > flat && Math.abs(logged) > flat && before * logged > 0
            return beyond ? rows.u[k] : middle[i] + half[i] * before
          }),
        finding: {
          mistake: "the log's actions are those before the last tanh",
          mend: 'log, or send, what comes after tanh',
          names: [],
        },
      },
    ]
  },
}
