import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../trainer/random.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { cutInputs } from '../../trainer/teachers/cut-inputs.ts'
import { normalisation } from '../../trainer/teachers/normalise.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { type Tensors, writeSafetensors } from '../../trainer/teachers/safetensors.ts'
import { decodeTeacher, loadTeacher, requirePlain } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'
import { fixturePath, publicTeacher, readRollouts } from '../support/fixtures.ts'
import { archiveOf, linear, zipOf } from '../support/sb3-archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-import-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...path: string[]) => join(folder, ...path)
const plain = (file: string) => requirePlain(loadTeacher(at(file)), file)
const importing = (...words: string[]) => bpdIn(folder, 'import', ...words)

beforeAll(() => {
  const actor = { ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 1, 4) }
  const bounds = { action_space: { low: '[-2.]', high: '[2.]' } }
  writeFileSync(at('sac.zip'), archiveOf(actor, bounds))
  writeFileSync(at('cut.zip'), archiveOf(actor, bounds).subarray(0, 300))
  writeFileSync(at('photos.zip'), zipOf({ 'photo.txt': 'none' }))
  writeFileSync(at('letter.zip'), 'this is a letter, not an archive')
  writeFileSync(at('statistics.pkl'), 'cos\nsystem\n(S"true"\ntR.')
})

describe('bpd import', () => {
  it('of an archive writes a teacher of the same weights, and a card that says where it came from', () => {
    const licence = ['--licence', 'MIT, a test']
    const { status, stdout } = importing('sac.zip', '--task', 'pendulum', ...licence, '--out', 'made', '--json')
    expect(status).toBe(0)
    expect(readdirSync(at('made')).sort()).toEqual(['card.json', 'contract.json', 'teacher.safetensors'])
    const card = JSON.parse(readFileSync(at('made/card.json'), 'utf8'))
    expect(JSON.parse(stdout)).toEqual(card)
    const sha256 = (file: string) =>
      createHash('sha256')
        .update(readFileSync(at(file)))
        .digest('hex')
    expect(card).toMatchObject({
      task: 'pendulum',
      file: 'teacher.safetensors',
      sha256: sha256('made/teacher.safetensors'),
      sizes: [3, 4, 1],
      parameters: 21,
      licence: 'MIT, a test',
      source: { file: 'sac.zip', sha256: sha256('sac.zip') },
    })
    const { network, squash, metadata } = plain('made/teacher.safetensors')
    expect(metadata).toMatchObject({ source: 'sac.zip', licence: 'MIT, a test' })
    const weights = linear('x', 4, 3)['x.weight'].values
    expect(network.layers[0].weights).toEqual(Float32Array.from(weights))
    expect(squash).toBe('tanh')
  })

  it('of a safetensors teacher gives the same actions', () => {
    expect(importing('made/teacher.safetensors', '--task', 'pendulum', '--out', 'again').status).toBe(0)
    expect(loadTeacher(at('again/teacher.safetensors')).network).toEqual(
      loadTeacher(at('made/teacher.safetensors')).network,
    )
  })

  it('keeps the first inputs and takes the others as zero', () => {
    expect(importing('sac.zip', '--inputs', '2', '--out', 'cut').status).toBe(0)
    const [whole, cut] = ['made', 'cut'].map((name) => plain(join(name, 'teacher.safetensors')).network)
    const kept = whole.layers[0].weights.filter((_, i) => i % 3 < 2)
    expect(cut.layers[0]).toEqual({ ...whole.layers[0], inputs: 2, weights: kept })
    expect(cut.layers[1]).toEqual(whole.layers[1])
    expect(JSON.parse(readFileSync(at('cut/card.json'), 'utf8'))).toMatchObject({
      sizes: [2, 4, 1],
      inputs: 'the first 2 of 3; the others taken as zero',
    })
  })

  it.each([
    ['no file', ['absent.zip'], 'absent.zip: cannot be read (ENOENT)'],
    ['an archive cut short', ['cut.zip'], 'cut.zip: not a zip archive, or damaged'],
    [
      'an archive of something else',
      ['photos.zip'],
      'photos.zip: a zip archive, expected a Stable-Baselines3 archive, a teacher as safetensors, an ONNX model',
    ],
    ['no archive', ['letter.zip'], 'letter.zip: a text file, expected a Stable-Baselines3 archive'],
    ['a teacher for another task', ['sac.zip', '--task', 'hopper'], 'a policy of 3 observations and 1 actions'],
    ['more inputs than there are', ['sac.zip', '--inputs', '3'], '--inputs 3: expected fewer than the 3 that it has'],
    ['an unknown task', ['sac.zip', '--task', 'cartpole'], 'task "cartpole": expected one of'],
    ['a pickle that would run a command', ['sac.zip', '--vecnormalize', 'statistics.pkl'], 'statistics.pkl: '],
  ])('refuses %s in one line, and writes nothing', (_, words, message) => {
    const { status, stdout, lines } = importing(...words, '--out', 'refused')
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain(message)
    expect(existsSync(at('refused'))).toBe(false)
  })
})

describe('inputs that are cut from a normalised teacher', () => {
  it('act as zeros did, to 1e-6', () => {
    const random = randomStream(3, 'cut')
    const draw = (length: number) => Float32Array.from({ length }, () => random.normal())
    const tensor = (shape: number[], values: Float32Array) => ({ dtype: 'F32' as const, shape, values })
    const whole = {
      tensors: new Map([
        ['actor.0.weight', tensor([4, 5], draw(20))],
        ['actor.0.bias', tensor([4], draw(4))],
        ['actor.1.weight', tensor([2, 4], draw(8))],
        ['actor.1.bias', tensor([2], draw(2))],
        ['obs_mean', tensor([5], draw(5))],
        [
          'obs_var',
          tensor(
            [5],
            draw(5).map((x) => 0.5 + x * x),
          ),
        ],
      ]),
      metadata: {
        activation: 'tanh',
        output_squash: 'tanh',
        action_low: '[-1,-1]',
        action_high: '[1,1]',
        obs_norm: normalisation,
        obs_norm_eps: '1e-8',
        obs_norm_clip: '10',
      },
    }
    const spec = { ...new Pendulum().spec, actionNames: ['a', 'b'], actionLow: [-1, -1], actionHigh: [1, 1] }
    const controller = (tensors: Tensors, size: number) =>
      teacherController(decodeTeacher(writeSafetensors(tensors), 'x'), {
        ...spec,
        observationNames: ['p', 'q', 'r', 's', 't'].slice(0, size),
      })
    const [all, three] = [controller(whole, 5), controller(cutInputs(whole, 3, 'x'), 3)]
    const [a, b] = [new Float32Array(2), new Float32Array(2)]
    for (let n = 0; n < 50; n++) {
      const observation = draw(3)
      all([...observation, 0, 0], a)
      three(observation, b)
      for (const i of [0, 1]) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-6)
    }
  })
})

describe('a public archive', () => {
  it.each([
    ['sac/Pendulum-v1_1/Pendulum-v1.zip', 'sac-Pendulum-v1', 'pendulum', 'Pendulum'],
    ['trpo/Hopper-v3_1/Hopper-v3.zip', 'trpo-Hopper-v3', 'hopper', 'Hopper'],
  ])('%s, imported, acts as its safetensors twin to 1e-6', async (zip, twin, name, rollouts) => {
    expect(importing(fixturePath(`teachers/sb3/${zip}`), '--task', name, '--out', name).status).toBe(0)
    await prepareTask(name)
    const { spec } = createTask(name)
    const [ours, theirs] = [at(name, 'teacher.safetensors'), publicTeacher(twin)].map((file) =>
      teacherController(loadTeacher(file), spec),
    )
    const [a, b] = [new Float32Array(spec.actionNames.length), new Float32Array(spec.actionNames.length)]
    let compared = 0
    for (const observation of readRollouts(rollouts).flatMap((rollout: { obs: number[][] }) => rollout.obs)) {
      ours(observation, a)
      theirs(observation, b)
      a.forEach((x, i) => {
        expect(Math.abs(x - b[i])).toBeLessThan(1e-6)
        compared++
      })
    }
    expect(compared).toBeGreaterThan(100)
  })
})
