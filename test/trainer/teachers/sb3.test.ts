import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { createTask, prepareTask } from '../../../trainer/tasks/registry.ts'
import { importTeacher } from '../../../trainer/teachers/import.ts'
import { teacherController } from '../../../trainer/teachers/policy.ts'
import { readSafetensors, writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { readSb3 } from '../../../trainer/teachers/sb3.ts'
import { decodeTeacher, loadTeacher, requirePlain } from '../../../trainer/teachers/teacher.ts'
import { fixturePath, publicTeacher, readRollouts } from '../../support/fixtures.ts'
import { archiveOf, linear, type Settings, torchZip, type Values, zipOf } from '../../support/sb3-archive.ts'

const twins = [
  ['sb3/sac/Pendulum-v1_1/Pendulum-v1.zip', 'sac-Pendulum-v1', 'pendulum', 'Pendulum'],
  ['sb3/trpo/Hopper-v3_1/Hopper-v3.zip', 'trpo-Hopper-v3', 'hopper', 'Hopper'],
]

describe('a public archive', () => {
  it.each(twins)('%s gives the tensors and the actions of its safetensors twin', async (zip, twin, name, rollouts) => {
    await prepareTask(name)
    const { spec } = createTask(name)
    const imported = await importTeacher(fixturePath(`teachers/${zip}`))
    const file = publicTeacher(twin)
    const theirs = readSafetensors(readFileSync(file), file)
    const mine = readSafetensors(imported.bytes, 'imported')
    expect([...mine.tensors.keys()]).toEqual([...theirs.tensors.keys()])
    for (const [key, tensor] of theirs.tensors) expect(mine.tensors.get(key), key).toEqual(tensor)

    const control = teacherController(imported.teacher, spec)
    const ofTwin = teacherController(loadTeacher(file), spec)
    const [a, b] = [new Float32Array(spec.actionNames.length), new Float32Array(spec.actionNames.length)]
    for (const rollout of readRollouts(rollouts))
      for (const observation of rollout.obs) {
        control(observation, a)
        ofTwin(observation, b)
        a.forEach((x, i) => {
          expect(Math.abs(x - b[i])).toBeLessThan(1e-6)
        })
      }
  })

  const recorded = [
    ['Hopper', 'hopper', 'trpo-Hopper-v3'],
    ['Walker2d', 'walker2d', 'trpo-Walker2d-v3'],
    ['Ant', 'ant', 'trpo-Ant27-v3'],
    ['HalfCheetah', 'halfcheetah', 'tqc-HalfCheetah-v3'],
    ['Pendulum', 'pendulum', 'sac-Pendulum-v1'],
  ]
  it.each(recorded)('%s: a teacher acts as in its recorded rollout, to 3e-6', async (rollouts, name, teacher) => {
    await prepareTask(name)
    const { spec } = createTask(name)
    const control = teacherController(loadTeacher(publicTeacher(teacher)), spec)
    const action = new Float32Array(spec.actionNames.length)
    const all = readRollouts(rollouts)
    const { obs0, obs, actions } = all.find((r: { actions_from: string }) => r.actions_from?.startsWith(teacher))
    actions.forEach((expected: number[], t: number) => {
      control(t ? obs[t - 1] : obs0, action)
      expected.forEach((x, i) => {
        expect(Math.abs(x - action[i])).toBeLessThan(3e-6)
      })
    })
  })
})

const read = async (tensors: Record<string, Values>, settings?: Settings) => {
  const { tensors: found, metadata } = await readSb3({ bytes: archiveOf(tensors, settings), name: 'a.zip' })
  const teacher = decodeTeacher(writeSafetensors({ tensors: found, metadata }), 'a.zip')
  return { ...requirePlain(teacher, 'a.zip'), metadata }
}
const forms = (teacher: Awaited<ReturnType<typeof read>>) =>
  teacher.network.layers.map(({ inputs, outputs, activation }) => `${inputs}-${outputs} ${activation}`)

describe('the actor of an archive', () => {
  it('of PPO: tanh, clipped, the version said', async () => {
    const teacher = await read(
      {
        ...linear('mlp_extractor.policy_net.0', 4, 3),
        ...linear('mlp_extractor.policy_net.2', 5, 4),
        ...linear('mlp_extractor.value_net.0', 4, 3),
        ...linear('action_net', 2, 5),
        ...linear('value_net', 1, 4),
      },
      { policy_class: { __module__: 'stable_baselines3.common.policies' }, clip_range: 0.2 },
    )
    expect(forms(teacher)).toEqual(['3-4 tanh', '4-5 tanh', '5-2 none'])
    expect(teacher.squash).toBe('clip')
    expect(teacher.metadata).toMatchObject({ algorithm: 'ppo', sb3_version: '2.3.2' })
    expect(teacher.network.layers[2].weights).toEqual(Float32Array.from(linear('x', 2, 5)['x.weight'].values))
  })

  it('of PPO with ReLU and layers shared with the critic', async () => {
    const teacher = await read(
      {
        ...linear('mlp_extractor.shared_net.0', 4, 3),
        ...linear('mlp_extractor.policy_net.0', 5, 4),
        ...linear('action_net', 2, 5),
      },
      { policy_kwargs: { activation_fn: "<class 'torch.nn.modules.activation.ReLU'>" } },
    )
    expect(forms(teacher)).toEqual(['3-4 relu', '4-5 relu', '5-2 none'])
  })

  it('of TD3: a stack of more than ten entries stays in order', async () => {
    const sizes = [3, 4, 5, 6, 7, 8, 2]
    const layers = sizes.slice(1).map((n, l) => linear(`actor.mu.${2 * l}`, n, sizes[l]))
    const teacher = await read(Object.assign({}, ...layers.reverse()), {
      policy_class: { __module__: 'stable_baselines3.td3.policies' },
    })
    expect(forms(teacher).map((form) => form.split(' ')[0])).toEqual(['3-4', '4-5', '5-6', '6-7', '7-8', '8-2'])
    expect(teacher.squash).toBe('tanh')
    expect(teacher.metadata.algorithm).toBe('td3')
  })

  it('of SAC and TQC: tanh at the end; with state-dependent exploration limited before it', async () => {
    const hidden = linear('actor.latent_pi.0', 4, 3)
    const plain = await read({ ...hidden, ...linear('actor.mu', 2, 4), ...linear('actor.log_std', 2, 4) })
    expect(forms(plain)).toEqual(['3-4 relu', '4-2 tanh'])
    const limited = await read({ ...hidden, ...linear('actor.mu.0', 2, 4) }, { policy_kwargs: { clip_mean: 1.5 } })
    expect(forms(limited)).toEqual(['3-4 relu', '4-4 relu', '4-2 tanh'])
    expect(limited.metadata.pre_squash).toBe('hardtanh(-1.5,1.5)')
  })
})

it('an archive with another activation of torch.nn is a general teacher of the same layers', async () => {
  const layers = { ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 2, 4) }
  for (const [word, name] of [
    ['ELU', 'elu'],
    ['LeakyReLU', 'leaky_relu'],
  ]) {
    const settings = { policy_kwargs: { activation_fn: `<class 'torch.nn.modules.activation.${word}'>` } }
    const made = await readSb3({ bytes: archiveOf(layers, settings), name: 'a.zip' })
    const { graph, squash, actionLow } = decodeTeacher(writeSafetensors(made), 'a.zip')
    expect([squash, actionLow]).toEqual(['tanh', [-1, -1]])
    expect(graph?.ops.map((op) => (op.op === 'activation' ? op.name : op.op))).toEqual([
      'affine',
      name,
      'affine',
      'tanh',
    ])
  }
})

describe('an archive that is no teacher is refused in one line', () => {
  const actor = { ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 2, 4) }
  const cases: [string, Uint8Array, RegExp][] = [
    ['not a zip', new TextEncoder().encode('PK nothing'), /a\.zip: not a zip archive, or damaged/],
    ['no policy', zipOf({ data: '{}' }), /a\.zip: no policy\.pth: not a Stable-Baselines3 archive/],
    ['no data', zipOf({ 'policy.pth': torchZip(actor) }), /a\.zip: no data: not/],
    ['data that is no JSON', zipOf({ data: '{', 'policy.pth': torchZip(actor) }), /data: expected a JSON object/],
    ['a policy that is no state dict', zipOf({ data: '{}', 'policy.pth': 'torch' }), /policy\.pth: pickle: no mark/],
    ['a CNN', archiveOf({ ...linear('features_extractor.cnn.0', 2, 3), ...actor }), /fully connected/],
    ['no actor', archiveOf(linear('q_net.0', 2, 3)), /no actor of SAC/],
    [
      'another activation',
      archiveOf(actor, { policy_kwargs: { activation_fn: "<class 'a.ELU'>" } }),
      /activation_fn: "<class 'a.ELU'>", expected one of torch.nn: elu, relu/,
    ],
    ['discrete actions', archiveOf(actor, { action_space: { n: '4' } }), /action_space\.low: null, expected a list/],
    [
      'unbounded actions',
      archiveOf(actor, { action_space: { low: '[-inf -1.]', high: '[1. 1.]' } }),
      /"\[-inf -1\.\]"/,
    ],
  ]
  it.each(cases)('%s', async (_, bytes, message) => {
    const refused = readSb3({ bytes, name: 'a.zip' })
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(message)
    await refused.catch((error: Error) => expect(error.message).not.toContain('\n'))
  })

  it('a missing bias, by its name', async () => {
    const { 'actor.mu.bias': _, ...rest } = actor as Record<string, Values>
    await expect(readSb3({ bytes: archiveOf(rest), name: 'a.zip' })).rejects.toThrow('no tensor "actor.mu.bias"')
  })

  it('altered in any byte of a stored tensor', async () => {
    const bytes = archiveOf(actor)
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.from(actor['actor.mu.weight'].values).buffer))
    expect(at).toBeGreaterThan(0)
    bytes[at + 5] ^= 1
    await expect(readSb3({ bytes, name: 'a.zip' })).rejects.toThrow('"policy.pth" is altered: its CRC does not match')
  })
})
