import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { expectClose, read } from '../../support/onnx-read.ts'
import {
  applyLayer,
  elsewhere,
  gemm,
  ints,
  layerConstants,
  type ModelOf,
  modelOf,
  tensor,
} from '../../support/onnx-writer.ts'
import { outputOf } from '../../support/teacher-output.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('external data', () => {
  const model = (said: Record<string, string>) =>
    modelOf({ nodes: [gemm('x')], constants: { W: elsewhere('W', [2, 3], said), b: layerConstants.b } })
  const path = join(folder, 'policy.onnx')
  const weights = new Uint8Array(Float32Array.from(layerConstants.W.flat()).buffer)

  it('beside the model is read, from where it says', async () => {
    writeFileSync(join(folder, 'policy.onnx.data'), Buffer.concat([new Uint8Array(8), weights]))
    const { teacher } = await read(model({ location: 'policy.onnx.data', offset: '8', length: '24' }), {}, path)
    expectClose(outputOf(teacher, [1, 2, 3]), applyLayer([1, 2, 3]))
  })

  const refusals: [string, Record<string, string>, string][] = [
    ['a file that is not there', { location: 'other.data' }, 'other.data: cannot be read (ENOENT)'],
    ['an absolute path', { location: '/etc/passwd' }, 'expected a file beside the model'],
    ['a path out of the folder', { location: '../secret.data' }, 'expected a file beside the model'],
    ['a path with a drive', { location: 'C:secret' }, 'expected a file beside the model'],
    ['a link out of the folder', { location: 'link.data' }, 'expected a file beside the model'],
    ['a folder', { location: 'sub' }, 'expected a file'],
    ['bytes behind its end', { location: 'short.data', offset: '1' }, 'cut short?'],
    ['a length that is none', { location: 'short.data', length: '-1' }, 'length: expected a whole number'],
    ['a length of another tensor', { location: 'short.data', length: '8' }, '8 bytes for shape [2, 3]'],
  ]
  it.each(refusals)('is refused where it names %s', async (_, said, message) => {
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'short.data'), weights)
    rmSync(join(folder, 'link.data'), { force: true })
    symlinkSync('/etc/hostname', join(folder, 'link.data'))
    const refused = read(model(said), {}, path)
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(message)
  })
})

const good = { nodes: [gemm('x'), { operator: 'Tanh', inputs: ['y'] }], constants: layerConstants }
const hostile: [string, () => Uint8Array, string][] = [
  ['no bytes', () => new Uint8Array(), 'no graph'],
  [
    'a cycle',
    () =>
      modelOf({
        ...good,
        nodes: [
          { operator: 'Add', inputs: ['x', 'z'], outputs: ['w'] },
          { operator: 'Relu', inputs: ['w'], outputs: ['z'] },
          gemm('z'),
        ],
      }),
    '"z": made by no node before the one that takes it',
  ],
  ['a value that nobody makes', () => modelOf({ ...good, nodes: [gemm('nowhere')] }), 'inputs none, expected one'],
  [
    'two inputs',
    () =>
      modelOf({
        ...good,
        inputs: ['x', 'h_in'],
        nodes: [{ operator: 'Add', inputs: ['x', 'h_in'], outputs: ['s'] }, gemm('s')],
      }),
    'inputs "x", "h_in", expected one, the observation',
  ],
  [
    'an infinite weight',
    () => modelOf({ ...good, constants: { ...layerConstants, b: [0, Infinity] } }),
    'tensor "ops.0.bias": entry 1 is Infinity, expected finite',
  ],
  [
    'a division by 0',
    () =>
      modelOf({
        ...good,
        nodes: [{ operator: 'Div', inputs: ['x', 'zero'], outputs: ['s'] }, gemm('s')],
        constants: { ...layerConstants, zero: 0 },
      }),
    'tensor "ops.0.scale": entry 0 is Infinity, expected finite',
  ],
  [
    'an LSTM',
    () => modelOf({ ...good, nodes: [{ operator: 'LSTM', inputs: ['x', 'W', 'W'], outputs: ['h'] }, gemm('h')] }),
    'LSTM: recurrent policies are not supported',
  ],
  [
    'a loop',
    () => modelOf({ ...good, nodes: [{ operator: 'Loop', inputs: ['x'], outputs: ['h'] }, gemm('h')] }),
    'Loop: control flow is not supported',
  ],
  [
    'an action by chance',
    () => modelOf({ ...good, nodes: [gemm('x'), { operator: 'RandomNormalLike', inputs: ['y'] }] }),
    'export the mean action',
  ],
  [
    'an operator of nobody',
    () => modelOf({ ...good, nodes: [{ operator: 'constructor', inputs: ['x'], outputs: ['h'] }, gemm('h')] }),
    'constructor: an operator that no policy here may have',
  ],
  [
    'an operator of another domain',
    () =>
      modelOf({ ...good, nodes: [{ operator: 'Relu', inputs: ['x'], outputs: ['h'], domain: 'com.acme' }, gemm('h')] }),
    'an operator of "com.acme"',
  ],
  [
    '2^40 zeros',
    () =>
      modelOf({
        nodes: [
          { operator: 'ConstantOfShape', inputs: ['s'], outputs: ['z'] },
          { operator: 'Add', inputs: ['x', 'z'] },
        ],
        constants: { s: ints('s', [2 ** 20, 2 ** 20]) },
      }),
    'an array of shape [1048576, 1048576]',
  ],
  [
    '2^40 copies',
    () =>
      modelOf({ nodes: [{ operator: 'Tile', inputs: ['x', 's'] }], constants: { s: ints('s', [2 ** 20, 2 ** 20]) } }),
    'an array of shape [1048576, 3145728]',
  ],
  ['an observation of 2^40 numbers', () => modelOf({ ...good, shape: [1, 2 ** 20, 2 ** 20] }), 'an array of shape'],
  [
    'a tensor of 2^40 numbers',
    () => modelOf({ ...good, constants: { ...layerConstants, W: tensor('W', [1], [2 ** 20, 2 ** 20]) } }),
    'tensor "W": shape [1048576, 1048576]',
  ],
  ['shapes that do not fit', () => modelOf({ ...good, shape: [1, 4] }), 'Gemm: shapes [1, 4] and [3, 2]'],
  [
    'an unknown number of observations',
    () => modelOf({ ...good, shape: [1, 'n'] }),
    'input "x": how many observations it takes is left open: --observations says it',
  ],
  [
    'an output that is its input',
    () => modelOf({ nodes: [{ operator: 'Identity', inputs: ['x'] }] }),
    'its output is its input',
  ],
  ['no layer', () => modelOf({ nodes: [{ operator: 'Tanh', inputs: ['x'] }] }), 'no layer in it'],
  [
    'an action that depends on nothing',
    () => modelOf({ nodes: [{ operator: 'Identity', inputs: ['W'] }], constants: layerConstants }),
    'inputs none',
  ],
  ['opset 6', () => modelOf({ ...good, opset: 6 }), 'opset 6, expected 9 to 22'],
  [
    'doublings',
    () =>
      modelOf({
        nodes: [
          ...Array.from({ length: 40 }, (_, i) => ({
            operator: 'Concat',
            inputs: i ? [`v${i - 1}`, `v${i - 1}`] : ['x', 'x'],
            attributes: { axis: 1 },
          })),
        ],
      }),
    'expected at most 65536 numbers',
  ],
  [
    '3,000 nodes',
    () =>
      modelOf({
        nodes: Array.from({ length: 3000 }, (_, i) => ({ operator: 'Relu', inputs: [i ? `v${i - 1}` : 'x'] })),
      }),
    '3000 nodes, expected at most 2000',
  ],
]

describe('a model for any number of observations', () => {
  const shapes: [string, ModelOf['shape']][] = [
    ['of two sizes', [1, 'n']],
    ['of one', ['n']],
    ['of none that is told', 'untold'],
  ]
  it.each(shapes)('%s is read by the number that is said', async (_, shape) => {
    const model = modelOf({
      nodes: [{ operator: 'MatMul', inputs: ['x', 'W'] }],
      constants: { W: [[1], [2], [3]] },
      shape,
    })
    expectClose(outputOf((await read(model, { observations: 3 })).teacher, [1, 2, 3]), [14])
    await expect(read(model, { observations: 4 })).rejects.toThrow(InputError)
  })

  it('is not what another number is said of', async () => {
    const refused = read(modelOf({ ...good, shape: [1, 3] }), { observations: 4 })
    await expect(refused).rejects.toThrow('input "x": of 3 observations, and --observations says 4')
  })
})

describe('an ONNX file that is no policy is refused in one line', () => {
  it.each(hostile)('%s', async (_, make, message) => {
    const refused = read(make())
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(message)
    await refused.catch((error: Error) => {
      expect(error.message).not.toContain('\n')
      expect(error.message.length).toBeLessThan(400)
    })
  })

  it('cut off at any byte', async () => {
    const bytes = modelOf(good)
    for (let length = 0; length < bytes.length; length++) {
      const outcome = await read(bytes.subarray(0, length)).catch((error: Error) => error)
      // the opset comes last: without it nothing can be read
      expect(outcome).toBeInstanceOf(InputError)
    }
  })

  it('with any bytes altered, or read', async () => {
    const bytes = modelOf({ ...good, metadata: { joint_names: 'a,b' } })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const altered = Uint8Array.from(bytes)
          for (const [at, value] of changes) altered[at] = value
          const outcome = await read(altered).catch((error: Error) => error)
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InputError)
        },
      ),
      { seed: 1, numRuns: 1000 },
    )
  })
})
