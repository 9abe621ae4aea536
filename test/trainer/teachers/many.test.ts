import { describe, expect, it } from 'vitest'
import { randomStream } from '../../../trainer/random.ts'
import type { Graph, Op } from '../../../trainer/teachers/graph/graph.ts'
import { actionsOnMany } from '../../../trainer/teachers/many.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import type { Teacher } from '../../../trainer/teachers/teacher.ts'

const random = randomStream(1, 'many')
const numbers = (length: number, size = 1) => Float32Array.from({ length }, () => size * random.normal())
const affine = (inputs: number, outputs: number, from: number): Op => ({
  op: 'affine',
  from: [from],
  weights: numbers(inputs * outputs, 1 / Math.sqrt(inputs)),
  bias: numbers(outputs, 0.1),
})

/** normaliser, ELU, LayerNorm, a part beside them, joined again: operations on each number, on each row, and of several values */
const graph: Graph = {
  observations: 5,
  ops: [
    { op: 'scale', from: [0], scale: numbers(5), offset: numbers(5) },
    affine(5, 37, 1),
    { op: 'activation', from: [2], name: 'elu', alpha: 1, beta: 0 },
    { op: 'standardise', from: [3], group: 37, epsilon: 1e-5 },
    affine(37, 3, 4),
    { op: 'pick', from: [0], indices: Int32Array.of(4, 0, 2) },
    { op: 'combine', from: [5, 6], name: 'add' },
    { op: 'clip', from: [7], low: new Float32Array(3).fill(-2), high: new Float32Array(3).fill(2) },
  ],
}
const spec = {
  name: 'many',
  observationNames: ['a', 'b', 'c', 'd', 'e'],
  actionNames: ['x', 'y', 'z'],
  actionLow: [-1, -2, -3],
  actionHigh: [1, 2, 4],
  period: 0.1,
}
const bounds = { actionLow: spec.actionLow, actionHigh: spec.actionHigh }
const network = {
  layers: [
    { inputs: 5, outputs: 19, activation: 'relu' as const, weights: numbers(95), bias: numbers(19) },
    { inputs: 19, outputs: 3, activation: 'tanh' as const, weights: numbers(57), bias: numbers(3) },
  ],
}
const teachers: [what: string, teacher: Teacher][] = [
  ['a general one', { graph, squash: 'clip', ...bounds, metadata: {} }],
  ['a general one that is squashed', { graph, squash: 'tanh', ...bounds, metadata: {} }],
  ['a plain one', { network, squash: 'tanh', ...bounds, metadata: {} }],
]

describe("a teacher's actions on many observations", () => {
  it.each(teachers)('are those of %s one after another, up to rounding, for any number of rows', (_, teacher) => {
    const control = teacherController(teacher, spec)
    const label = actionsOnMany(teacher, spec)
    for (const rows of [1, 2, 255, 256, 257, 700]) {
      const observations = numbers(5 * rows)
      const actions = new Float32Array(3 * rows)
      label(observations, actions)
      const expected = new Float32Array(3)
      for (let row = 0; row < rows; row++) {
        control(observations.subarray(5 * row, 5 * row + 5), expected)
        for (const i of [0, 1, 2]) expect(actions[3 * row + i]).toBeCloseTo(expected[i], 5)
      }
    }
  })

  it('have no bounds where the teacher has none', () => {
    const free: Teacher = { graph: { ...graph, ops: graph.ops.slice(0, 7) }, squash: 'clip', metadata: {} }
    const actions = new Float32Array(3 * 100)
    actionsOnMany(free, spec)(numbers(500, 10), actions)
    expect(Math.max(...actions.map(Math.abs))).toBeGreaterThan(4)
  })
})
