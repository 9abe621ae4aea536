import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionOf, expectClose, read } from '../../support/onnx-read.ts'
import {
  applyLayer,
  gemm,
  ints,
  layerConstants,
  type ModelOf,
  modelOf,
  type NodeOf,
  tensor,
} from '../../support/onnx-writer.ts'

/** Nodes before the layer, or a whole model, and what reaches it. */
const around: [string, ModelOf, (x: number[]) => number[]][] = [
  [
    'MatMul and Add',
    {
      nodes: [
        { operator: 'MatMul', inputs: ['x', 'V'], outputs: ['m'] },
        { operator: 'Add', inputs: ['c', 'm'] },
      ],
      constants: {
        V: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        c: [10, 20],
      },
    },
    ([a, b, c]) => [a + 3 * b + 5 * c + 10, 2 * a + 4 * b + 6 * c + 20],
  ],
  [
    'Gemm with alpha, beta and both transposed',
    {
      shape: [3, 1],
      nodes: [
        {
          operator: 'Gemm',
          inputs: ['x', 'W', 'b'],
          attributes: { transA: 1, transB: 1, alpha: { float: 2 }, beta: 0.5 },
        },
      ],
      constants: layerConstants,
    },
    (x) => applyLayer(x).map((y, i) => 2 * (y - layerConstants.b[i]) + 0.5 * layerConstants.b[i]),
  ],
  [
    'a normaliser of Sub and Div',
    {
      nodes: [
        { operator: 'Sub', inputs: ['x', 'mean'], outputs: ['s'] },
        { operator: 'Div', inputs: ['s', 'std'], outputs: ['n'] },
        gemm('n'),
      ],
      constants: { ...layerConstants, mean: [1, 2, 3], std: [2, 0.5, 4] },
    },
    (x) => applyLayer(x.map((v, i) => (v - [1, 2, 3][i]) / [2, 0.5, 4][i])),
  ],
  [
    'Clip of the observation, bounds as inputs',
    {
      nodes: [{ operator: 'Clip', inputs: ['x', 'low', 'high'], outputs: ['c'] }, gemm('c')],
      constants: { ...layerConstants, low: -1, high: 0.5 },
    },
    (x) => applyLayer(x.map((v) => Math.min(0.5, Math.max(-1, v)))),
  ],
  [
    'Clip of opset 6, bounds as attributes',
    {
      opset: 9,
      nodes: [{ operator: 'Clip', inputs: ['x'], outputs: ['c'], attributes: { min: -1, max: 0.5 } }, gemm('c')].map(
        (n) => ({
          ...n,
          attributes: n.operator === 'Clip' ? { min: { float: -1 }, max: { float: 0.5 } } : n.attributes,
        }),
      ) as NodeOf[],
      constants: layerConstants,
    },
    (x) => applyLayer(x.map((v) => Math.min(0.5, Math.max(-1, v)))),
  ],
  [
    'Split and Concat, in another order',
    {
      nodes: [
        { operator: 'Split', inputs: ['x', 'sizes'], outputs: ['p', 'q'], attributes: { axis: 1 } },
        { operator: 'Concat', inputs: ['q', 'p'], outputs: ['c'], attributes: { axis: -1 } },
        gemm('c'),
      ],
      constants: { ...layerConstants, sizes: ints('sizes', [1, 2]) },
    },
    ([a, b, c]) => applyLayer([b, c, a]),
  ],
  [
    'Slice of opset 10, backwards',
    {
      nodes: [{ operator: 'Slice', inputs: ['x', 'from', 'to', 'axes', 'steps'], outputs: ['s'] }, gemm('s')],
      constants: {
        ...layerConstants,
        from: ints('from', [-1]),
        to: ints('to', [-100]),
        axes: ints('axes', [1]),
        steps: ints('steps', [-1]),
      },
    },
    ([a, b, c]) => applyLayer([c, b, a]),
  ],
  [
    'Slice of opset 9, Flatten and Unsqueeze',
    {
      opset: 9,
      shape: [1, 5],
      nodes: [
        { operator: 'Slice', inputs: ['x'], outputs: ['s'], attributes: { axes: [1], starts: [1], ends: [4] } },
        { operator: 'Unsqueeze', inputs: ['s'], outputs: ['u'], attributes: { axes: [0] } },
        { operator: 'Flatten', inputs: ['u'], outputs: ['f'], attributes: { axis: 2 } },
        gemm('f'),
      ],
      constants: layerConstants,
    },
    (x) => applyLayer(x.slice(1, 4)),
  ],
  [
    'a history that is transposed, gathered and reshaped',
    {
      shape: ['batch', 2, 3],
      nodes: [
        { operator: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [0, 2, 1] } },
        { operator: 'Reshape', inputs: ['t', 'shape'], outputs: ['r'] },
        { operator: 'Gather', inputs: ['r', 'at'], outputs: ['g'], attributes: { axis: 1 } },
        gemm('g'),
      ],
      constants: { ...layerConstants, shape: ints('shape', [-1, 6]), at: ints('at', [0, 3, -1]) },
    },
    // columns of the two rows one after another: 0, 3, 1, 4, 2, 5
    (x) => applyLayer([x[0], x[4], x[5]]),
  ],
  [
    'LayerNormalization',
    {
      nodes: [
        {
          operator: 'LayerNormalization',
          inputs: ['x', 's', 'o'],
          outputs: ['n'],
          attributes: { epsilon: { float: 0.01 } },
        },
        gemm('n'),
      ],
      constants: { ...layerConstants, s: [1, 2, 3], o: [0.5, 0, -1] },
    },
    (x) => {
      const mean = (x[0] + x[1] + x[2]) / 3
      const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3
      return applyLayer(x.map((v, i) => ((v - mean) / Math.sqrt(variance + 0.01)) * [1, 2, 3][i] + [0.5, 0, -1][i]))
    },
  ],
  [
    'layer normalisation in pieces: ReduceMean, Sub, Pow, Sqrt, Div',
    {
      nodes: [
        { operator: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [-1] } },
        { operator: 'Sub', inputs: ['x', 'm'], outputs: ['d'] },
        { operator: 'Pow', inputs: ['d', 'two'], outputs: ['p'] },
        { operator: 'ReduceMean', inputs: ['p'], outputs: ['v'], attributes: { axes: [-1] } },
        { operator: 'Add', inputs: ['v', 'eps'], outputs: ['w'] },
        { operator: 'Sqrt', inputs: ['w'], outputs: ['s'] },
        { operator: 'Div', inputs: ['d', 's'], outputs: ['n'] },
        gemm('n'),
      ],
      constants: { ...layerConstants, two: 2, eps: 1e-5 },
    },
    (x) => {
      const mean = (x[0] + x[1] + x[2]) / 3
      const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3
      return applyLayer(x.map((v) => (v - mean) / Math.sqrt(variance + 1e-5)))
    },
  ],
  [
    'BatchNormalization',
    {
      nodes: [
        {
          operator: 'BatchNormalization',
          inputs: ['x', 's', 'o', 'm', 'v'],
          outputs: ['n'],
          attributes: { epsilon: { float: 0.5 } },
        },
        gemm('n'),
      ],
      constants: { ...layerConstants, s: [1, 2, 3], o: [0, 1, 2], m: [1, 0, -1], v: [0.5, 1, 3.5] },
    },
    (x) =>
      applyLayer(
        x.map((a, i) => ((a - [1, 0, -1][i]) / Math.sqrt([0.5, 1, 3.5][i] + 0.5)) * [1, 2, 3][i] + [0, 1, 2][i]),
      ),
  ],
  [
    'Softmax',
    {
      nodes: [gemm('x'), { operator: 'Softmax', inputs: ['y'] }],
      constants: layerConstants,
    },
    (x) => {
      const raised = applyLayer(x).map(Math.exp)
      return raised.map((r) => r / (raised[0] + raised[1]))
    },
  ],
  [
    'Max and Min of constants, Identity, Dropout and Cast',
    {
      nodes: [
        { operator: 'Max', inputs: ['x', 'low'], outputs: ['a'] },
        { operator: 'Min', inputs: ['high', 'a'], outputs: ['b1'] },
        { operator: 'Identity', inputs: ['b1'], outputs: ['b2'] },
        { operator: 'Dropout', inputs: ['b2'], outputs: ['b3', 'mask'] },
        { operator: 'Cast', inputs: ['b3'], outputs: ['b4'], attributes: { to: 1 } },
        gemm('b4'),
      ],
      constants: { ...layerConstants, low: [-1, 0, 0], high: [1, 1, 2] },
    },
    (x) => applyLayer(x.map((v, i) => Math.min([1, 1, 2][i], Math.max([-1, 0, 0][i], v)))),
  ],
  [
    'Constant nodes, and shapes that are computed',
    {
      shape: ['n', 3],
      nodes: [
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['W'],
          attributes: { value: { tensor: tensor('', layerConstants.W) } },
        },
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['b'],
          attributes: { value: { tensor: tensor('', layerConstants.b) } },
        },
        { operator: 'Shape', inputs: ['x'], outputs: ['size'] },
        { operator: 'Gather', inputs: ['size', 'zero'], outputs: ['n'] },
        { operator: 'Unsqueeze', inputs: ['n', 'zero1'], outputs: ['n1'] },
        { operator: 'Concat', inputs: ['n1', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
        { operator: 'Reshape', inputs: ['x', 'to'], outputs: ['r'] },
        gemm('r'),
      ],
      constants: { zero: ints('zero', [0], []), zero1: ints('zero1', [0]), rest: ints('rest', [-1]) },
    },
    applyLayer,
  ],
  [
    'an axis made two by sizes with nothing behind them, as Unflatten is exported',
    {
      nodes: [
        gemm('x'),
        { operator: 'Mod', inputs: ['last', 'rank'], outputs: ['axis'] },
        { operator: 'Add', inputs: ['axis', 'one'], outputs: ['next'] },
        { operator: 'Shape', inputs: ['y'], outputs: ['size'] },
        { operator: 'Slice', inputs: ['size', 'zero1', 'axis'], outputs: ['before'] },
        { operator: 'Slice', inputs: ['size', 'next', 'end'], outputs: ['behind'] },
        { operator: 'Concat', inputs: ['before', 'two', 'behind'], outputs: ['to'], attributes: { axis: 0 } },
        { operator: 'Reshape', inputs: ['y', 'to'], outputs: ['r'] },
        { operator: 'Gather', inputs: ['r', 'first'], attributes: { axis: 1 } },
      ],
      constants: {
        ...layerConstants,
        last: ints('last', [-1]),
        rank: ints('rank', [2]),
        one: ints('one', [1]),
        zero1: ints('zero1', [0]),
        end: ints('end', [2 ** 53]),
        two: ints('two', [2, 1]),
        first: ints('first', [1], []),
      },
    },
    (x) => applyLayer(x).slice(1),
  ],
]

describe('an ONNX graph', () => {
  it.each(around)('with %s gives what they compute', async (_, model, wanted) => {
    const sizes = [model.shape ?? 3].flat().filter((n) => typeof n === 'number')
    const size = sizes.reduce((product, n) => product * n, 1)
    for (let n = 0; n < 3; n++) {
      const x = Array.from({ length: size }, (_, i) => Math.sin(3 * i + n) * 2)
      expectClose(await actionOf(model, x), wanted(x))
    }
  })

  it('of any opset from 9 to 22 is read alike', async () => {
    for (let opset = 9; opset <= 22; opset++)
      expectClose(
        await actionOf(
          { opset, nodes: [gemm('x'), { operator: 'Tanh', inputs: ['y'] }], constants: layerConstants },
          [1, 2, 3],
        ),
        applyLayer([1, 2, 3]).map(Math.tanh),
      )
  })

  it('of any layers, whatever their numbers, is the network of the same numbers', async () => {
    const number = fc.float({ min: -2, max: 2, noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0.5 : x))
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.infiniteStream(number), async (widths, stream) => {
        const draw = (n: number) => Array.from({ length: n }, () => stream.next().value as number)
        const nodes: NodeOf[] = []
        const constants: Record<string, number[] | number[][]> = {}
        widths.slice(1).forEach((outputs, l) => {
          constants[`W${l}`] = Array.from({ length: outputs }, () => draw(widths[l]))
          constants[`b${l}`] = draw(outputs)
          nodes.push({
            operator: 'Gemm',
            inputs: [l ? `h${l - 1}` : 'x', `W${l}`, `b${l}`],
            outputs: [`g${l}`],
            attributes: { transB: 1 },
          })
          nodes.push({ operator: l === widths.length - 2 ? 'Tanh' : 'Relu', inputs: [`g${l}`], outputs: [`h${l}`] })
        })
        const { teacher } = await read(modelOf({ nodes, constants, shape: [1, widths[0]] }))
        expect(teacher.network?.layers.map(({ weights }) => Array.from(weights))).toEqual(
          widths.slice(1).map((_, l) => (constants[`W${l}`] as number[][]).flat()),
        )
        expect(teacher).toMatchObject({ squash: 'tanh', actionLow: Array(widths.at(-1)).fill(-1) })
      }),
      { seed: 1, numRuns: 50 },
    )
  })
})
