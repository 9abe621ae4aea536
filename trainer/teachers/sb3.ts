/**
 * Stable-Baselines3 archives (SAC, TD3, DDPG, TQC, PPO, TRPO, A2C) as teachers: a zip with `data` (JSON) and `policy.pth` (PyTorch's state dict).
 * Only the deterministic actor is taken. What it cannot say in plain layers is refused.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { MAX_LAYERS } from '../../runtime-as/kernel/assembly/layout.ts'
import { brief } from '../files/brief.ts'
import { parseJson } from '../files/json.ts'
import type { NamedBytes, TeacherFormat } from './format.ts'
import { hiddenWords } from './hidden-activation.ts'
import { normalisation } from './normalise.ts'
import { readTorch, type TorchTensor } from './pickle-torch.ts'
import type { Tensors } from './safetensors.ts'
import { readVecNormalize } from './sb3-normalise.ts'
import { readZip, Unpacking } from './zip.ts'

/** weights of an actor */
const maxWeights = 1 << 22
/** bytes of `data` */
const maxSettings = 4 << 20

interface Settings {
  [key: string]: unknown
  policy_kwargs?: Record<string, unknown>
}

interface Actor {
  /** names of the layers in the state dict, first to last */
  layers: string[]
  /** a word of `hiddenActivations` */
  activation: string
  squash: 'tanh' | 'clip'
  preSquash: string
}

export const sb3Format: TeacherFormat = {
  name: 'a Stable-Baselines3 archive',
  kind: 'archive',
  takes: [],
  async read(archive, _, statistics) {
    const { tensors, metadata } = await readSb3(archive, statistics)
    return { tensors, metadata: { source: basename(archive.name), ...metadata } }
  },
  // where the zoo puts them
  statisticsBeside(path) {
    const folder = dirname(path)
    const stem = basename(path).replace(/\.zip$/, '')
    return [join(folder, stem, 'vecnormalize.pkl'), join(folder, 'vecnormalize.pkl')].find((file) => existsSync(file))
  },
}

/** The actor in the form of our teacher files; `decodeTeacher` reads its bytes. statistics: vecnormalize.pkl. */
export async function readSb3(archive: NamedBytes, statistics?: NamedBytes): Promise<Tensors> {
  const { name } = archive
  const [dataFile, policyFile, versionFile] = ['data', 'policy.pth', '_stable_baselines3_version']
  const unpacking = new Unpacking()
  const wanted = [dataFile, policyFile, versionFile]
  const files = await readZip(archive.bytes, name, unpacking, (path) => wanted.includes(path))
  const [data, policy] = [files.get(dataFile), files.get(policyFile)]
  if (!data || !policy)
    throw new InputError(`${name}: no ${data ? policyFile : dataFile}: not a Stable-Baselines3 archive`)
  const settings = readSettings(data, name)
  const state = await readTorch(policy, `${name}: ${policyFile}`, unpacking)
  const actor = findActor(state, settings, name)

  checkSize(actor, state, name)
  const tensors: Tensors['tensors'] = new Map()
  actor.layers.forEach((layer, l) => {
    for (const part of ['weight', 'bias']) {
      const tensor = state.get(`${layer}.${part}`)
      if (!tensor) throw new InputError(`${name}: no tensor ${brief(`${layer}.${part}`)}`)
      const values = tensor.float32(`${name}: tensor "${layer}.${part}"`)
      tensors.set(`actor.${l}.${part}`, { dtype: 'F32', shape: [...tensor.shape], values })
    }
  })
  const normalise = statistics && readVecNormalize(statistics.bytes, statistics.name)
  if (normalise) {
    tensors.set('obs_mean', { dtype: 'F64', shape: [normalise.mean.length], values: normalise.mean })
    tensors.set('obs_var', { dtype: 'F64', shape: [normalise.variance.length], values: normalise.variance })
  }
  const { low, high } = actionBounds(settings, name)
  const version = files.get(versionFile)
  return {
    tensors,
    metadata: {
      algorithm: algorithmOf(settings),
      sb3_version: version ? new TextDecoder().decode(version).trim() : 'unknown',
      activation: actor.activation,
      pre_squash: actor.preSquash,
      output_squash: actor.squash,
      action_low: JSON.stringify(low),
      action_high: JSON.stringify(high),
      obs_norm: normalise ? normalisation : 'none',
      ...(normalise && { obs_norm_eps: `${normalise.epsilon}`, obs_norm_clip: `${normalise.clip}` }),
    },
  }
}

/** Refuses what a small archive can claim and no teacher is: the same numbers as many layers. */
function checkSize({ layers }: Actor, state: ReadonlyMap<string, TorchTensor>, name: string): void {
  const shapes = layers.map((layer) => state.get(`${layer}.weight`)?.shape ?? [])
  const weights = shapes.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0)
  if (layers.length > MAX_LAYERS || weights > maxWeights)
    throw new InputError(
      `${name}: an actor of ${layers.length} layers and ${weights} weights, expected at most ${MAX_LAYERS} and ${maxWeights}`,
    )
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

function readSettings(data: Uint8Array, name: string): Settings {
  try {
    if (data.length > maxSettings) throw new Error(`${data.length} bytes, expected at most ${maxSettings}`)
    const settings = parseJson(new TextDecoder().decode(data), { items: 100_000, depth: 100 })
    if (isRecord(settings) && isRecord(settings.policy_kwargs ?? {})) return settings
  } catch (error) {
    throw new InputError(`${name}: data: expected a JSON object (${(error as Error).message})`)
  }
  throw new InputError(`${name}: data: expected a JSON object`)
}

/** the layers `prefix.0`, `prefix.2`, … that hold weights */
function stackOf(state: ReadonlyMap<string, TorchTensor>, prefix: string): string[] {
  const layer = new RegExp(`^${prefix.replaceAll('.', '\\.')}\\.(\\d+)\\.weight$`)
  const indices = [...state.keys()].flatMap((key) => layer.exec(key)?.[1] ?? [])
  return indices.sort((a, b) => Number(a) - Number(b)).map((i) => `${prefix}.${i}`)
}

function findActor(state: ReadonlyMap<string, TorchTensor>, settings: Settings, name: string): Actor {
  const kwargs = settings.policy_kwargs ?? {}
  const foreign = [...state.keys()].find((key) => /(^|\.)(\w*features_extractor|lstm\w*)\./.test(key))
  if (foreign)
    throw new InputError(`${name}: tensor ${brief(foreign)}: only policies of fully connected layers are supported`)
  if (state.has('action_net.weight')) {
    const hidden = [...stackOf(state, 'mlp_extractor.shared_net'), ...stackOf(state, 'mlp_extractor.policy_net')]
    const squash = kwargs.squash_output === true ? 'tanh' : 'clip'
    return {
      layers: [...hidden, 'action_net'],
      activation: activationOf(kwargs, 'tanh', name),
      squash,
      preSquash: 'none',
    }
  }
  const activation = activationOf(kwargs, 'relu', name)
  if (state.has('actor.mu.weight'))
    return { layers: [...stackOf(state, 'actor.latent_pi'), 'actor.mu'], activation, squash: 'tanh', preSquash: 'none' }
  // with state-dependent exploration the mean is limited before it is squashed
  if (stackOf(state, 'actor.latent_pi').length > 0 && state.has('actor.mu.0.weight')) {
    const limit = kwargs.clip_mean ?? 2
    if (typeof limit !== 'number' || !(limit > 0))
      throw new InputError(`${name}: data: clip_mean: expected a number > 0`)
    const layers = [...stackOf(state, 'actor.latent_pi'), 'actor.mu.0']
    return { layers, activation, squash: 'tanh', preSquash: `hardtanh(${-limit},${limit})` }
  }
  const layers = stackOf(state, 'actor.mu')
  if (layers.length === 0) throw new InputError(`${name}: policy.pth: no actor of SAC, TD3, TQC, PPO or TRPO in it`)
  return { layers, activation, squash: 'tanh', preSquash: 'none' }
}

function activationOf(kwargs: Record<string, unknown>, usual: 'relu' | 'tanh', name: string): string {
  const given = kwargs.activation_fn
  if (given === undefined) return usual
  const found = /^<class 'torch\.nn\.modules\.activation\.(\w+)'>$/.exec(String(given))?.[1].toLowerCase()
  if (found === undefined || !hiddenWords.includes(found))
    throw new InputError(
      `${name}: data: activation_fn: ${brief(given)}, expected one of torch.nn: ${hiddenWords.join(', ')}`,
    )
  return found
}

/** The bounds of the actions as the archive prints them, e.g. "[-2. 0.5]". */
function actionBounds(settings: Settings, name: string): { low: number[]; high: number[] } {
  const space = settings.action_space
  const list = (key: 'low' | 'high'): number[] => {
    const text = isRecord(space) ? space[key] : undefined
    const numbers =
      typeof text === 'string'
        ? text
            .replace(/^\[|\]$/g, '')
            .trim()
            .split(/\s+/)
            .map(Number)
        : []
    if (numbers.length === 0 || !numbers.every(Number.isFinite))
      throw new InputError(`${name}: data: action_space.${key}: ${brief(text ?? null)}, expected a list of numbers`)
    return numbers
  }
  return { low: list('low'), high: list('high') }
}

function algorithmOf(settings: Settings): string {
  const { policy_class: policy } = settings
  const [, family] = /\.(\w+)\.policies$/.exec(isRecord(policy) ? String(policy.__module__) : '') ?? []
  if (family !== 'common') return family ?? 'unknown'
  return 'cg_max_steps' in settings ? 'trpo' : 'clip_range' in settings ? 'ppo' : 'a2c'
}
