import { describe, expect, it } from 'vitest'
import { type States, sensitivity } from '../../../../trainer/distill/prune/curvature.ts'
import type { VariationalLayer } from '../../../../trainer/kernels/networks.ts'
import { randomStream } from '../../../../trainer/random.ts'

const sizes = [5, 7, 6, 2]
const random = randomStream(1, 'curvature')
const draw = (length: number) => Float32Array.from({ length }, () => random.normal() / 2)
// half of the weights pruned
const layers: VariationalLayer[] = sizes.slice(1).map((outputs, l) => ({
  theta: draw(outputs * sizes[l]).map((w) => (random.uniform() < 0.5 ? 0 : w)),
  logSigma: new Float32Array(outputs * sizes[l]),
  bias: draw(outputs),
}))
const states: States = { observations: draw(40 * 5), wanted: draw(40 * 2), half: [1, 3], middle: [0, 0.5] }

/** Plain and slow: the actions on one state. */
function actions(of: readonly VariationalLayer[], state: number): number[] {
  let x = [...states.observations.subarray(state * 5, (state + 1) * 5)]
  for (const [l, { theta, bias }] of of.entries()) {
    const inputs = x
    x = [...bias].map((b, row) => inputs.reduce((sum, h, i) => sum + theta[row * inputs.length + i] * h, b))
    if (l < of.length - 1) x = x.map((z) => Math.max(0, z))
  }
  return x.map((z, k) => states.middle[k] + states.half[k] * Math.tanh(z))
}
const step = 1e-3
const moved = (l: number, i: number, by: number) =>
  layers.map((layer, at) => (at === l ? { ...layer, theta: layer.theta.map((w, j) => (j === i ? w + by : w)) } : layer))
const places = layers.flatMap(({ theta }, l) => Array.from(theta, (_, i) => [l, i] as const))

describe('the curvature of the cloning loss', () => {
  const { curvature, gradient } = sensitivity(layers, states)

  it('is the mean of the squared derivatives of the actions by each weight, pruned ones too', () => {
    for (const [l, i] of places) {
      const [up, down] = [moved(l, i, step), moved(l, i, -step)]
      let expected = 0
      for (let state = 0; state < 40; state++) {
        const below = actions(down, state)
        for (const [k, y] of actions(up, state).entries()) expected += ((y - below[k]) / (2 * step)) ** 2 / 40
      }
      // a unit that changes sides within the step is off a little
      expect(curvature[l][i], `layer ${l}, weight ${i}`).toBeCloseTo(expected, 1)
    }
  })

  it('comes with the gradient of half the squared error', () => {
    const error = (of: readonly VariationalLayer[]) => {
      let sum = 0
      for (let state = 0; state < 40; state++)
        for (const [k, y] of actions(of, state).entries()) sum += (y - states.wanted[state * 2 + k]) ** 2 / 80
      return sum
    }
    for (const [l, i] of places)
      expect(gradient[l][i]).toBeCloseTo((error(moved(l, i, step)) - error(moved(l, i, -step))) / (2 * step), 1)
  })

  it('knows nothing of a unit that nothing reads', () => {
    const unread = layers.map((layer, l) =>
      l === 2 ? { ...layer, theta: layer.theta.map((w, i) => (i % 6 ? w : 0)) } : layer,
    )
    const seen = sensitivity(unread, states)
    expect([...seen.curvature[1].subarray(0, 7)]).toEqual(new Array(7).fill(0))
    // but of what would read it
    expect(seen.curvature[2][0]).toBeGreaterThan(0)
  })
})
