/** Names to tensors, as PyTorch saves a module: the stack of its layers, whose activations it does not say. */
import { basename } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import type { Read, Said, TeacherFormat } from './format.ts'
import { fromGraph } from './from-graph.ts'
import { limits, type Op } from './graph/graph.ts'
import { activationOp, type HiddenActivation, hiddenActivations, hiddenWords } from './hidden-activation.ts'
import { finite, type StateDict } from './named-tensors.ts'
import { normaliserIn } from './normaliser.ts'
import { recurrent } from './recurrent.ts'
import { readSafetensors } from './safetensors.ts'
import { chooseActor, otherNames } from './stack.ts'

const cells = /(^|\.)(weight_(ih|hh)_l\d+|\w*(lstm|gru|rnn)\w*)(\.|$)/i

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
  const cell = [...state.keys()].find((key) => cells.test(key) && !otherNames.test(key))
  if (cell) refuse(recurrent(`tensor ${brief(cell)}`))
  const { layers, others } = chooseActor(state, refuse)
  const warnings: string[] = []
  if (others.length > 0) {
    const [first, last] = [layers[0], layers[layers.length - 1]]
    warnings.push(
      `its actor is taken to be ${brief(first)} to ${brief(last)}, without ${others.slice(0, 4).map(brief).join(', ')}`,
    )
  }
  checkSizes(state, layers, refuse)
  checkSpread(state, layers, refuse)
  const activation = layers.length > 1 ? activationOf(said, state, warnings, refuse) : hiddenActivations.relu
  const observations = state.get(`${layers[0]}.weight`)!.shape[1]
  const normaliser = normaliserIn(state, observations, refuse)
  if (normaliser.said) warnings.push(normaliser.said)
  const ops: Op[] = [...normaliser.ops]
  const behind = (): [number] => [ops.length]
  for (const [l, layer] of layers.entries()) {
    if (l > 0) ops.push(activationOp(activation, ops.length))
    const weights = finite(state, `${layer}.weight`, refuse)
    const [outputs] = state.get(`${layer}.weight`)!.shape
    const bias = state.has(`${layer}.bias`) ? finite(state, `${layer}.bias`, refuse) : new Float32Array(outputs)
    ops.push({ op: 'affine', from: behind(), weights, bias })
  }
  const squashed = addActionScale(state, layers, ops, refuse)
  if (said.output === undefined && !squashed)
    warnings.push('its last layer is taken to give the action in its unit: --output tanh where the policy squashes it')
  if (said.output !== undefined && squashed) refuse('its action_scale and action_bias say what --output would say')
  const metadata = { source: basename(name), actor: layers.join(', ') }
  return fromGraph({ observations, ops }, said, { name, metadata, warnings })
}

function checkSizes(state: StateDict, layers: readonly string[], refuse: (what: string) => never): void {
  let weights = 0
  for (const [l, layer] of layers.entries()) {
    const [outputs, inputs] = state.get(`${layer}.weight`)!.shape
    const below = l === 0 ? inputs : state.get(`${layers[l - 1]}.weight`)!.shape[0]
    if (inputs !== below)
      refuse(`tensor ${brief(`${layer}.weight`)}: ${inputs} inputs, expected ${below}, the outputs of the layer before`)
    const bias = state.get(`${layer}.bias`)?.shape
    if (bias && (bias.length !== 1 || bias[0] !== outputs))
      refuse(`tensor ${brief(`${layer}.bias`)}: expected shape (${outputs})`)
    weights += outputs * inputs
  }
  if (!(weights > 0 && weights <= limits.numbers))
    refuse(`an actor of ${weights} weights, expected 1..${limits.numbers}`)
}

/**
 * rsl_rl 5 has the spread of a Gaussian beside the layers. Where it has none, the last layer gives two numbers an action, mean and spread or those of a
 * Beta distribution, and nothing in the file says which.
 */
function checkSpread(state: StateDict, layers: readonly string[], refuse: (what: string) => never): void {
  const folder = /^(.*\.)?actor_state_dict\./.exec(layers[0])?.[0]
  const keys = [...state.keys()]
  const isRslRl =
    folder !== undefined && layers[0].startsWith(`${folder}mlp.`) && keys.some((key) => ofCritic.test(key))
  if (!isRslRl || keys.some((key) => key.startsWith(folder) && spreads.test(key))) return
  const last = `${layers[layers.length - 1]}.weight`
  const [outputs] = state.get(last)!.shape
  if (outputs % 2 === 0)
    refuse(
      `tensor ${brief(last)}: ${outputs} outputs, two for each of ${outputs / 2} actions as of rsl_rl's heteroscedastic Gaussian or Beta distribution, for want of distribution.std_param: export it as ONNX, which says what becomes of them`,
    )
}

const ofCritic = /(^|\.)critic_state_dict\.mlp\./
const spreads = /\.(log_)?std(_param)?$/

/** CleanRL's: the action is tanh(y) * action_scale + action_bias. */
function addActionScale(
  state: StateDict,
  layers: readonly string[],
  ops: Op[],
  refuse: (what: string) => never,
): boolean {
  const [scaleKey, biasKey] = ['action_scale', 'action_bias'].map((part) =>
    [...state.keys()].find((key) => key.split('.').at(-1) === part && !otherNames.test(key)),
  )
  if (scaleKey === undefined || biasKey === undefined) return false
  const [actions] = state.get(`${layers[layers.length - 1]}.weight`)!.shape
  const [scale, offset] = [scaleKey, biasKey].map((key) => {
    const values = finite(state, key, refuse)
    if (values.length === actions) return values
    return values.length === 1
      ? new Float32Array(actions).fill(values[0])
      : refuse(`tensor ${brief(key)}: ${values.length} numbers, expected ${actions}, one an action`)
  })
  ops.push(activationOp({ name: 'tanh' }, ops.length))
  ops.push({ op: 'scale', from: [ops.length], scale, offset })
  return true
}

/** rsl_rl's default where the file is one of its, and said so; of any other file the user has to say it. */
function activationOf(
  { activation: word }: Said,
  state: StateDict,
  warnings: string[],
  refuse: (what: string) => never,
): HiddenActivation {
  if (word !== undefined)
    return hiddenWords.includes(word.toLowerCase())
      ? hiddenActivations[word.toLowerCase()]
      : refuse(`--activation: ${brief(word)}, expected one of ${hiddenWords.join(', ')}`)
  const isRslRl = [...state.keys()].some((key) => /(^|\.)(std|std_param|\w*obs_normalizer\._mean)$/.test(key))
  if (!isRslRl)
    return refuse('its activation is not in it: --activation elu, relu, tanh or another, as it was trained with')
  warnings.push('its activation is not in it: ELU is taken, the default of rsl_rl; --activation says another')
  return hiddenActivations.elu
}
