/** Policies as NumPy arrays: the linear ones of Augmented Random Search, [M, mean, std], and weights under names of their own. */
import { basename } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import type { Read, Said, TeacherFormat } from './format.ts'
import { fromGraph } from './from-graph.ts'
import type { Op } from './graph/graph.ts'
import type { NamedTensor } from './named-tensors.ts'
import { type NumpyFile, readNpy } from './npy.ts'
import { fromStateDict } from './state-dict.ts'
import { readZip, Unpacking } from './zip.ts'

const maxBytes = 64 << 20

export const npzFormat: TeacherFormat = {
  name: 'NumPy arrays (npz)',
  kind: 'npz',
  takes: ['activation', 'output', 'actionLow', 'actionHigh'],
  async read({ bytes, name }, said) {
    if (bytes.length > maxBytes)
      throw new InputError(`${name}: ${bytes.length} bytes, expected a policy of at most ${maxBytes}`)
    const files = await readZip(bytes, name, new Unpacking(), (path) => path.endsWith('.npy'))
    const arrays = new Map<string, NumpyFile>()
    for (const [path, file] of files) arrays.set(path.replace(/\.npy$/, ''), readNpy(file, `${name}: ${brief(path)}`))
    const [first] = arrays.values()
    const linear = arrays.size === 1 && first.objects ? first.objects : undefined
    if (linear) return fromLinear(linear, said, name)
    return fromArrays(arrays, said, name)
  },
}

/** action = M (observation - mean) / std */
function fromLinear([matrix, mean, std]: readonly NumpyFile[], said: Said, name: string): Read {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`)
  }
  const [outputs, inputs] = matrix?.shape ?? []
  if (matrix?.shape.length !== 2 || !mean || !std) return refuse('expected an object array of [M, mean, std]')
  const [m, centre, spread] = [matrix, mean, std].map((array, i) => {
    const values = array.numbers()
    const wanted = i === 0 ? outputs * inputs : inputs
    if (values.length !== wanted) refuse(`${['M', 'mean', 'std'][i]}: ${values.length} numbers, expected ${wanted}`)
    const bad = values.findIndex((x) => !Number.isFinite(x) || (i === 2 && x === 0))
    if (bad >= 0)
      refuse(
        `${['M', 'mean', 'std'][i]}: entry ${bad} is ${values[bad]}, expected finite${i === 2 ? ' and not 0' : ''}`,
      )
    return values
  })
  const scale = spread.map((x) => 1 / x)
  const ops: Op[] = [
    { op: 'scale', from: [0], scale, offset: scale.map((s, i) => -centre[i] * s) },
    { op: 'affine', from: [1], weights: m, bias: new Float32Array(outputs) },
  ]
  const metadata = { source: basename(name), algorithm: 'ars' }
  return fromGraph({ observations: inputs, ops }, said, { name, metadata })
}

const words = {
  weight: /^(.*?)[._/]?(w|weights?|kernel|m)[._/]?(\d*)$/i,
  bias: /^(.*?)[._/]?(b|bias|biases)[._/]?(\d*)$/i,
}
const statistics: [RegExp, string][] = [
  [/(^|[._/])(obs_)?(mean|mu)$/i, 'obs_normalizer.mean'],
  [/(^|[._/])(obs_)?(std|sigma)$/i, 'obs_normalizer.std'],
  [/(^|[._/])(obs_)?var(iance)?$/i, 'obs_normalizer.var'],
]

/** Weights by their names: W0, b0, W1, b1; layer0.weight, layer0.bias; a single M; mean and std beside them. */
function fromArrays(arrays: ReadonlyMap<string, NumpyFile>, said: Said, name: string): Read {
  const [seen, done] = [/^obs(ervations?)?$/, /^actions?$/].map((word) =>
    [...arrays.keys()].find((key) => word.test(key)),
  )
  // its rows would be taken for weights
  if (seen !== undefined && done !== undefined)
    throw new InputError(
      `${name}: arrays "${seen}" and "${done}", as in a data set (bpd distill --data takes those), expected a policy`,
    )
  const state = new Map<string, NamedTensor>()
  const put = (key: string, array: NumpyFile, transposed = false) => {
    const [rows, columns] = array.shape
    if (!transposed) return void state.set(key, { shape: array.shape, values: () => array.numbers() })
    const turned = () => {
      const values = array.numbers()
      return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)])
    }
    state.set(key, { shape: [columns, rows], values: turned })
  }
  const biasOf = (at: string, number: string) =>
    [...arrays].find(([key, { shape }]) => {
      const [, prefix, , own] = words.bias.exec(key) ?? []
      return prefix === at && own === number && shape.length === 1
    })?.[1]
  let width: number | undefined
  let layer = 0
  for (const [key, array] of arrays) {
    const known = statistics.find(([pattern]) => pattern.test(key) && array.shape.length <= 2)
    if (known) put(known[1], array)
    else if (array.shape.length === 2) {
      const [, prefix = '', , number = ''] = words.weight.exec(key) ?? []
      const bias = biasOf(prefix, number)
      // TensorFlow and JAX keep (inputs, outputs)
      const [rows, columns] = array.shape
      const transposed = bias ? bias.shape[0] !== rows : width !== undefined && columns !== width && rows === width
      put(`actor.${layer}.weight`, array, transposed)
      if (bias) put(`actor.${layer}.bias`, bias)
      width = transposed ? columns : rows
      layer++
    }
  }
  if (layer === 0) {
    const found = [...arrays].slice(0, 4).map(([key, { shape }]) => `${brief(key)} (${shape.join(', ')})`)
    throw new InputError(
      `${name}: no policy in it: ${found.join(', ') || 'nothing'}, expected an object array of [M, mean, std] or matrices`,
    )
  }
  return fromStateDict(state, said, name)
}
