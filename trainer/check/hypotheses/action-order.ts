/** Actions in another order. The policy is not asked again. */
import { assign } from '../assignment.ts'
import { called } from '../groups.ts'
import type { Hypothesis } from '../hypothesis.ts'

export const actionOrderHypothesis: Hypothesis = {
  name: 'action order',
  about: 'actions are in another order',
  fit(bench) {
    const { a, actionNames, asIs, fit } = bench
    if (a < 2) return []
    // log's column i against the policy's column j, in spreads of the log
    const cost = new Float64Array(a * a)
    for (let row = 0; row < fit.count; row++)
      for (let i = 0; i < a; i++)
        for (let j = 0; j < a; j++)
          cost[i * a + j] += Math.min(4, Math.abs(asIs.fit[row * a + j] - fit.u[row * a + i]) / bench.spread[i])
    const source = assign(cost, a)
    const wrong = source.flatMap((j, i) => (i === j ? [] : [i]))
    if (wrong.length === 0) return []
    const names = wrong.map((i) => actionNames[i])
    const order = wrong.length <= 6 ? wrong : wrong.slice(0, 6)
    const shown = order.map((i) => `${actionNames[i]} holds ${actionNames[source[i]]}`).join(', ')
    const more = wrong.length > 6 ? ` and ${wrong.length - 6} more` : ''
    return [
      {
        after: (actions) => actions.map((_, k) => actions[k - (k % a) + source[k % a]]),
        freedom: 0,
        choices: wrong.length * a,
        finding: {
          mistake:
            wrong.length === 2
              ? `actions ${called(actionNames, wrong)} are swapped in the log`
              : `actions are in another order in the log: ${shown}${more}`,
          mend: `give the log's columns of actions in the policy's order: ${namesInOrder(source, actionNames)}`,
          names,
          values: source,
        },
      },
    ]
  },
}

/** The log's columns, by the names that they go by now, in the order that puts them right. */
function namesInOrder(source: readonly number[], names: readonly string[]): string {
  const order = new Array<string>(source.length)
  source.forEach((j, i) => {
    order[j] = names[i]
  })
  return order.join(', ')
}
