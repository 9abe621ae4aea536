/** Names to tensors, as PyTorch saves a module: the stack of its layers, whose activations it does not say. */
import { basename } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import type { Read, Said, TeacherFormat } from './format.ts'
import { fromGraph } from './from-graph.ts'
import type { ActivationName } from './graph/activations.ts'
import type { Graph, Numbers, Op } from './graph/graph.ts'
import { readSafetensors } from './safetensors.ts'

/** One tensor of it. */
export interface NamedTensor {
  shape: readonly number[]
  /** row-major; read when it is wanted */
  values(): Numbers
}

export type StateDict = ReadonlyMap<string, NamedTensor>

/** by what --activation is given, the names of torch.nn in small letters too */
const activations: Record<string, { name: ActivationName; alpha?: number }> = {
  relu: { name: 'relu' },
  tanh: { name: 'tanh' },
  elu: { name: 'elu', alpha: 1 },
  selu: { name: 'selu' },
  silu: { name: 'silu' },
  swish: { name: 'silu' },
  gelu: { name: 'gelu' },
  mish: { name: 'mish' },
  lrelu: { name: 'leaky_relu', alpha: 0.01 },
  leaky_relu: { name: 'leaky_relu', alpha: 0.01 },
  leakyrelu: { name: 'leaky_relu', alpha: 0.01 },
  sigmoid: { name: 'sigmoid' },
  softplus: { name: 'softplus' },
  softsign: { name: 'softsign' },
}

export const activationWords = Object.keys(activations)

/** of the actor, where a file has several stacks: the first of these that is there */
const actorNames = [/(^|\.)actor_?(mean|mu|net|backbone)?$/, /(^|\.)(pi|policy|policy_net|mlp|mu|net|model)$/, /actor/]
/** of what no action depends on */
const otherNames = /(^|[._])(critic|value|vf|q\d?|qf\d?|q_net\w*|v_net|target|discriminator|std|log_std)([._]|$)|critic/
const recurrentNames = /(^|\.)(weight_(ih|hh)_l\d+|\w*(lstm|gru|rnn)\w*)(\.|$)/i

/** Linear layers of one name but for their number, or a single one. */
interface Stack {
  /** before the number */
  prefix: string
  /** names of the layers, first to last */
  layers: string[]
}

export const tensorsFormat: TeacherFormat = {
  name: 'a state dict as safetensors',
  kind: 'tensors',
  takes: ['activation', 'output', 'actionLow', 'actionHigh'],
  async read({ bytes, name }, said) {
    const { tensors } = readSafetensors(bytes, name)
    const state = new Map([...tensors].map(([key, { shape, values }]) => [key, { shape, values: () => values }]))
    return fromStateDict(state, said, name)
  },
}

/** The actor of a state dict. name: how errors call the file. Throws InputError. */
export function fromStateDict(state: StateDict, said: Said, name: string): Read {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`)
  }
  const recurrent = [...state.keys()].find((key) => recurrentNames.test(key) && !otherNames.test(key))
  if (recurrent)
    refuse(
      `tensor ${brief(recurrent)}: recurrent policies are not supported: distill one that gets its past as observations (a history), or collect its actions as data without a teacher`,
    )
  const { layers, others } = chooseActor(state, refuse)
  const warnings: string[] = []
  if (others.length > 0)
    warnings.push(
      `its actor is taken to be ${brief(layers[0])} to ${brief(layers[layers.length - 1])}, not ${others.map(brief).join(', ')}`,
    )
  const activation = activationOf(said, layers, state, warnings, refuse)
  const sizes = layers.map((layer) => state.get(`${layer}.weight`)!.shape)
  const statistics = statisticsOf(state, sizes[0][1], refuse)
  const ops: Op[] = statistics ? [{ op: 'scale', from: [0], ...statistics }] : []
  const behind = (): [number] => [ops.length]
  layers.forEach((layer, l) => {
    const [outputs, inputs] = sizes[l]
    if (l > 0 && sizes[l - 1][0] !== inputs)
      refuse(
        `tensor ${brief(`${layer}.weight`)}: ${inputs} inputs, expected ${sizes[l - 1][0]}, the outputs of the layer before`,
      )
    const bias = state.get(`${layer}.bias`)
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs))
      refuse(`tensor ${brief(`${layer}.bias`)}: expected shape (${outputs})`)
    const weights = finite(state, `${layer}.weight`, refuse)
    const offsets = bias ? finite(state, `${layer}.bias`, refuse) : new Float32Array(outputs)
    ops.push({ op: 'affine', from: behind(), weights, bias: offsets })
    if (l < layers.length - 1)
      ops.push({ op: 'activation', from: behind(), name: activation.name, alpha: activation.alpha ?? 0, beta: 0 })
  })
  if (said.output === undefined)
    warnings.push('its last layer is taken to give the action in its unit: --output tanh where the policy squashes it')
  const graph: Graph = { observations: sizes[0][1], ops }
  const metadata = { source: basename(name), actor: layers.join(', ') }
  return fromGraph(graph, said, { name, metadata, warnings })
}

function activationOf(
  { activation: word }: Said,
  layers: readonly string[],
  state: StateDict,
  warnings: string[],
  refuse: (what: string) => never,
): { name: ActivationName; alpha?: number } {
  if (word !== undefined) {
    const known = Object.hasOwn(activations, word.toLowerCase()) ? activations[word.toLowerCase()] : undefined
    return known ?? refuse(`--activation: ${brief(word)}, expected one of ${activationWords.join(', ')}`)
  }
  if (layers.length === 1) return activations.relu
  // what rsl_rl writes beside its weights
  const rslRl = [...state.keys()].some((key) =>
    /^(std|log_std|distribution\.\w+|actor_obs_normalizer\..*|obs_normalizer\..*)$/.test(key),
  )
  if (!rslRl)
    return refuse(
      `its activation is not in it: --activation ${['elu', 'relu', 'tanh'].join(' or ')}, as the policy was trained with`,
    )
  warnings.push('its activation is not in it: ELU is taken, the default of rsl_rl; --activation says otherwise')
  return activations.elu
}

function finite(state: StateDict, key: string, refuse: (what: string) => never): Numbers {
  const values = state.get(key)!.values()
  const bad = values.findIndex((x) => !Number.isFinite(x))
  return bad < 0 ? values : refuse(`tensor ${brief(key)}: entry ${bad} is ${values[bad]}, expected finite`)
}

/** The stack that acts, and the names of those that could be meant as well. */
function chooseActor(state: StateDict, refuse: (what: string) => never): { layers: string[]; others: string[] } {
  const stacks = stacksOf(state).filter(({ layers }) => !otherNames.test(layers[0]))
  const found = actorNames.flatMap((pattern) => stacks.filter(({ prefix }) => pattern.test(prefix))).at(0) ?? stacks[0]
  if (!found) return refuse('no layers in it, expected matrices called NAME.weight')
  const layers = [...found.layers]
  const used = new Set([found])
  // layers of other names that go on where it ends: fc1, fc2, fc_mean
  for (;;) {
    const outputs = state.get(`${layers[layers.length - 1]}.weight`)!.shape[0]
    const next = stacks.find(
      (stack) =>
        !used.has(stack) &&
        sameFolder(stack, found) &&
        state.get(`${stack.layers[0]}.weight`)!.shape[1] === outputs &&
        /(mean|mu|out|last|head|action|final)\w*$|\d$/.test(stack.layers[0]),
    )
    if (!next) break
    layers.push(...next.layers)
    used.add(next)
  }
  return { layers, others: stacks.filter((stack) => !used.has(stack)).map(({ layers: [first] }) => first) }
}

const folderOf = (name: string) => name.split('.').slice(0, -1).join('.')
const sameFolder = (a: Stack, b: Stack) =>
  folderOf(a.layers[0]).startsWith(folderOf(b.prefix)) || folderOf(a.layers[0]) === folderOf(b.layers[0])

/** In the order of the file, which is that of the module. */
function stacksOf(state: StateDict): Stack[] {
  const stacks = new Map<string, Stack>()
  for (const [key, { shape }] of state) {
    const layer = /^(.+)\.weight$/.exec(key)?.[1]
    if (layer === undefined || shape.length !== 2) continue
    const [, prefix, , end = ''] = /^(.*?)(\.?\d+)((?:\.\w+)?)$/.exec(layer) ?? []
    const name = prefix === undefined ? layer : prefix
    const group = prefix === undefined ? layer : `${prefix} ${end}`
    const stack = stacks.get(group)
    if (stack) stack.layers.push(layer)
    else stacks.set(group, { prefix: name, layers: [layer] })
  }
  const numberIn = (layer: string) => Number(/(\d+)(?:\.\w+)?$/.exec(layer)?.[1] ?? 0)
  for (const { layers } of stacks.values()) layers.sort((a, b) => numberIn(a) - numberIn(b))
  return [...stacks.values()]
}

const firstOf = (state: StateDict, pattern: RegExp) =>
  [...state.keys()].find((key) => pattern.test(key) && !otherNames.test(key))

/** A normaliser beside the layers: rsl_rl's (x - mean) / (std + 0.01), or running statistics of a variance. */
function statisticsOf(
  state: StateDict,
  observations: number,
  refuse: (what: string) => never,
): { scale: Numbers; offset: Numbers } | undefined {
  const folder = String.raw`(^|\.)(actor_)?(obs|observation|running)?_?(normalizer|normaliser|norm|rms|mean_std|obs_rms)\.`
  const meanKey = firstOf(state, new RegExp(`${folder}(_mean|mean|running_mean)$`))
  if (meanKey === undefined) return undefined
  const prefix = meanKey.slice(0, meanKey.lastIndexOf('.') + 1)
  const exactKey = state.has(`${prefix}exact_std`) ? `${prefix}exact_std` : undefined
  const stdKey = exactKey ?? [`${prefix}_std`, `${prefix}std`].find((key) => state.has(key))
  const varKey = [`${prefix}_var`, `${prefix}var`, `${prefix}running_var`].find((key) => state.has(key))
  const spread = stdKey ?? varKey
  if (spread === undefined) return refuse(`tensor ${brief(meanKey)}: expected a _std or _var beside it`)
  const [mean, deviation] = [meanKey, spread].map((key) => {
    const values = finite(state, key, refuse)
    return values.length === observations
      ? values
      : refuse(`tensor ${brief(key)}: ${values.length} numbers, expected ${observations}, one an observation`)
  })
  // rsl_rl adds 0.01 to the deviation
  const std = Float64Array.from(deviation, (x) =>
    stdKey === undefined ? Math.sqrt(x + 1e-5) : exactKey ? x : x + 0.01,
  )
  const scale = std.map((x) => 1 / x)
  return { scale, offset: scale.map((s, i) => -mean[i] * s) }
}
