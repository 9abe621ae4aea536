/** State dicts: which layers act, what comes before and behind them, and what is refused. */
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import type { Said } from '../../../trainer/teachers/format.ts'
import type { NamedTensor } from '../../../trainer/teachers/named-tensors.ts'
import { writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { fromStateDict, tensorsFormat } from '../../../trainer/teachers/state-dict.ts'
import { decodeTeacher, teacherSizes } from '../../../trainer/teachers/teacher.ts'
import { linear, type Values } from '../../support/sb3-archive.ts'
import { outputOf } from '../../support/teacher-output.ts'

const vector = (...values: number[]): Values => ({ shape: [values.length], values })

function read(tensors: Record<string, Values>, said: Said = { activation: 'tanh', output: 'none' }) {
  const state = new Map(
    Object.entries(tensors).map(([key, { shape, values }]): [string, NamedTensor] => [
      key,
      { shape, values: () => Float32Array.from(values) },
    ]),
  )
  const { warnings = [], ...made } = fromStateDict(state, said, 'a.pt')
  return { teacher: decodeTeacher(writeSafetensors(made), 'a.pt'), warnings, actor: made.metadata.actor }
}

describe('the actor of a state dict', () => {
  const critic = { ...linear('critic.0', 4, 3), ...linear('critic.2', 1, 4) }
  const found: [string, Record<string, Values>, string][] = [
    ['a plain stack', { ...linear('0', 4, 3), ...linear('2', 2, 4) }, '0, 2'],
    ['rsl_rl', { ...critic, ...linear('actor.0', 4, 3), ...linear('actor.2', 2, 4) }, 'actor.0, actor.2'],
    [
      'a checkpoint in a dict',
      {
        ...linear('model.a2c_network.actor_mlp.0', 4, 3),
        ...linear('model.a2c_network.value', 1, 4),
        ...linear('model.a2c_network.mu', 2, 4),
      },
      'model.a2c_network.actor_mlp.0, model.a2c_network.mu',
    ],
    [
      'CleanRL',
      { ...critic, ...linear('actor_mean.0', 4, 3), ...linear('actor_mean.2', 2, 4) },
      'actor_mean.0, actor_mean.2',
    ],
    [
      'layers by number',
      { ...linear('fc1', 4, 3), ...linear('fc2', 4, 4), ...linear('fc_mu', 2, 4) },
      'fc1, fc2, fc_mu',
    ],
    [
      'the policy of Stable-Baselines3',
      {
        ...linear('mlp_extractor.policy_net.0', 4, 3),
        ...linear('mlp_extractor.policy_net.2', 4, 4),
        ...linear('mlp_extractor.value_net.0', 4, 3),
        ...linear('action_net', 2, 4),
        ...linear('value_net', 1, 4),
      },
      'mlp_extractor.policy_net.0, mlp_extractor.policy_net.2, action_net',
    ],
    [
      'more than ten layers, in order',
      Object.assign({}, ...[10, 2, 0, 8, 4, 6].map((n) => linear(`net.${n}`, 3, 3))),
      'net.0, net.2, net.4, net.6, net.8, net.10',
    ],
  ]
  it.each(found)('of %s', (_, tensors, actor) => {
    expect(read(tensors).actor).toBe(actor)
  })

  it('acts as its layers say', () => {
    const { teacher } = read({ ...linear('net.0', 4, 3), ...linear('net.2', 2, 4) })
    const apply = (name: string, outputs: number, x: number[]) => {
      const tensors = linear(name, outputs, x.length)
      const [weight, bias] = [tensors[`${name}.weight`].values, tensors[`${name}.bias`].values]
      return Array.from(bias, (b, row) => x.reduce((sum, v, i) => sum + weight[row * x.length + i] * v, b))
    }
    const x = [0.5, -1, 2]
    const wanted = apply('b', 2, apply('a', 4, x).map(Math.tanh))
    for (const [i, y] of outputOf(teacher, x).entries()) expect(Math.abs(y - wanted[i])).toBeLessThan(1e-6)
  })

  it('that could be another is said', () => {
    const two = { ...linear('encoder.0', 4, 3), ...linear('actor.0', 2, 3) }
    expect(read(two).warnings.join()).toContain('its actor is taken to be "actor.0" to "actor.0", without "encoder.0"')
  })
})

describe('what a state dict does not say', () => {
  const stack = { ...linear('net.0', 4, 3), ...linear('net.2', 2, 4) }
  it('the activation has to be said, of rsl_rl it is ELU, with a warning', () => {
    expect(() => read(stack, {})).toThrow('a.pt: its activation is not in it: --activation elu, relu, tanh')
    expect(() => read(stack, { activation: 'cube' })).toThrow('--activation: "cube", expected one of elu, relu')
    const rslRl = { std: vector(1, 1), ...linear('actor.0', 4, 3), ...linear('actor.2', 2, 4) }
    const { teacher, warnings } = read(rslRl, {})
    expect(teacher.graph?.ops[1]).toMatchObject({ op: 'activation', name: 'elu', alpha: 1 })
    expect(warnings.join()).toContain('ELU is taken, the default of rsl_rl')
  })

  it('the squash is taken to be none, with a warning, or is said', () => {
    expect(read(stack, { activation: 'relu' }).warnings.join()).toContain('--output tanh where the policy squashes it')
    const { teacher, warnings } = read(stack, { activation: 'relu', output: 'tanh', actionLow: [-2], actionHigh: [2] })
    expect(teacher).toMatchObject({ squash: 'tanh', actionLow: [-2, -2], actionHigh: [2, 2] })
    expect(warnings).toEqual([])
  })

  it('normalisers are read as their libraries use them', () => {
    const folded = (tensors: Record<string, Values>) =>
      read({ 'actor.0.weight': { shape: [1, 2], values: [1, 1] }, ...tensors }).teacher
    const [mean, spread] = [vector(1, 2), vector(3.99, 0.99)]
    const rslRl = folded({ 'obs_normalizer._mean': mean, 'obs_normalizer._std': spread })
    expect(outputOf(rslRl, [5, 3])[0]).toBeCloseTo(1 + 1, 6)
    const rlGames = folded({ 'running_mean_std.running_mean': mean, 'running_mean_std.running_var': vector(4, 1) })
    expect(outputOf(rlGames, [3, 300])[0]).toBeCloseTo(1 + 5, 4)
    const critics = folded({ 'critic_obs_normalizer._mean': mean, 'critic_obs_normalizer._std': spread })
    expect(outputOf(critics, [5, 3])).toEqual([8])
  })
})

/** As version 5 saves it, but for the spread of its actions. */
const rslRl = (outputs: number) => ({
  ...linear('actor_state_dict.mlp.0', 4, 3),
  ...linear('actor_state_dict.mlp.2', outputs, 4),
  ...linear('critic_state_dict.mlp.0', 1, 3),
})

it('of rsl_rl with a spread beside its layers, or with an odd number of outputs, has as many actions', () => {
  for (const spread of ['std_param', 'log_std_param']) {
    const { teacher } = read({ ...rslRl(6), [`actor_state_dict.distribution.${spread}`]: vector(1, 1, 1, 1, 1, 1) })
    expect(teacherSizes(teacher).actions).toBe(6)
  }
  expect(teacherSizes(read(rslRl(3)).teacher).actions).toBe(3)
})

describe('a state dict that is no policy is refused in one line', () => {
  const stack = { ...linear('net.0', 4, 3), ...linear('net.2', 2, 4) }
  const cases: [string, Record<string, Values>, string][] = [
    ['nothing', {}, 'no layers in it'],
    ['a critic alone', linear('critic.0', 1, 3), 'no layers in it'],
    [
      'a norm between its layers',
      { ...stack, 'net.1.weight': vector(1, 1, 1, 1) },
      'tensor "net.1.weight": shape [4], a norm or a convolution',
    ],
    [
      'a cell',
      { ...stack, 'memory_a.rnn.weight_ih_l0': { shape: [4, 3], values: new Float32Array(12) } },
      'recurrent policies are not supported',
    ],
    [
      'layers that do not chain',
      { ...linear('net.0', 4, 3), ...linear('net.2', 2, 5) },
      'tensor "net.2.weight": 5 inputs, expected 4',
    ],
    [
      'two numbers an action, of rsl_rl',
      rslRl(6),
      'tensor "actor_state_dict.mlp.2.weight": 6 outputs, two for each of 3 actions',
    ],
    ['a bias of another length', { ...stack, 'net.2.bias': vector(1) }, 'tensor "net.2.bias": expected shape (2)'],
    ['NaN', { ...stack, 'net.2.bias': vector(1, Number.NaN) }, 'tensor "net.2.bias": entry 1 is NaN'],
    [
      'a normaliser of another length',
      { ...stack, 'obs_normalizer._mean': vector(1), 'obs_normalizer._std': vector(1) },
      '1 numbers, expected 3, one an observation',
    ],
    [
      'a normaliser without a deviation',
      { ...stack, 'obs_normalizer._mean': vector(1, 1, 1) },
      'expected the deviation or the variance beside it',
    ],
  ]
  it.each(cases)('%s', (_, tensors, message) => {
    expect(() => read(tensors)).toThrow(InputError)
    expect(() => read(tensors)).toThrow(message)
  })

  it('as safetensors of any names it is read alike', async () => {
    const tensors = new Map(
      Object.entries(stack).map(([key, { shape, values }]) => [
        key,
        { dtype: 'F32' as const, shape, values: Float32Array.from(values) },
      ]),
    )
    const bytes = writeSafetensors({ tensors, metadata: {} })
    const { warnings: _, ...made } = await tensorsFormat.read(
      { bytes, name: 'a.safetensors' },
      { activation: 'tanh', output: 'none' },
    )
    expect(decodeTeacher(writeSafetensors(made), 'a').network).toEqual(read(stack).teacher.network)
  })
})
