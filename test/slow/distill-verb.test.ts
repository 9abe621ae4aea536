import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addRecipeOptions } from '../../cli/recipe-options.ts'
import { distillVerb } from '../../cli/verbs/distill.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { distillOptions, type Given } from '../../trainer/distill/options.ts'
import { bpdIn } from '../support/command.ts'

const teacher = fileURLToPath(new URL('../../models/pendulum/teacher.safetensors', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-distill-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  const words = ['--teacher', teacher, '--transitions', '500', '--out', 'data.safetensors']
  expect(bpdIn(folder, 'collect', 'pendulum', ...words).status).toBe(0)
})

// beside other tests a second thread would wait for the first
const distill = (...words: string[]) =>
  bpdIn(folder, 'distill', 'pendulum', '--teacher', teacher, '--data', 'data.safetensors', '--threads', '1', ...words)

/** Every flag of the recipe: a value that is neither the pendulum's nor the default, what it becomes, and values that are refused. */
const flags: [flag: string, text: string, becomes: Partial<Given>, wrong: string[]][] = [
  ['--variant', 'l1', { variant: 'l1' }, ['lasso', '']],
  ['--budget', '77', { budget: 77 }, ['0', '-3', '1.5', 'many']],
  ['--l1', '0.25', { l1: 0.25 }, ['-1', 'x']],
  ['--clone', 'teacher', { clone: 'teacher' }, ['student', '']],
  ['--steps', '60', { steps: 60 }, ['1', '1e400', '2.5']],
  ['--hidden', '12,9', { hidden: [12, 9] }, ['0', '12,', '12;9', '5000', 'none,3', '']],
  ['--critic-hidden', '20,10', { criticHidden: [20, 10] }, ['-1', '20,x', 'none']],
  ['--batch-size', '24', { batchSize: 24 }, ['1', '65537']],
  ['--discount', '0.9', { discount: 0.9 }, ['1.1', '-0.1', 'NaN']],
  ['--tau', '0.02', { tau: 0.02 }, ['2', '-1']],
  ['--policy-delay', '3', { policyDelay: 3 }, ['0', '1.5']],
  ['--actor-rate', '0.002', { actorRate: 0.002 }, ['-1', 'Infinity']],
  ['--critic-rate', '0.004', { criticRate: 0.004 }, ['-1', 'fast']],
  ['--data-scale', '123', { dataScale: 123 }, ['0', '-5']],
  ['--value-weight', '0.75', { valueWeight: 0.75 }, ['-0.5', '']],
  ['--noise', 'official', { noise: 'official' }, ['none', 'gaussian']],
  ['--kl-shape', 'cosine', { klShape: 'cosine' }, ['square']],
  ['--nu', '3', { nu: 3 }, ['-1']],
  ['--kl-cap', '1.5', { klCap: 1.5 }, ['-1']],
  ['--threshold', '1', { threshold: 1 }, ['11', '-11']],
  ['--thresholds', '-2.5,0.5', { thresholds: [-2.5, 0.5] }, ['-2,,1', '20']],
  ['--keep', '30,15', { keep: [30, 15] }, ['0', '30,1.5']],
  ['--l1-path', '0.3', { l1Path: [0.3] }, ['-1', '0.1,x']],
  ['--prune', 'magnitude', { prune: 'magnitude' }, ['size']],
  ['--stage-share', '0.6', { stageShare: 0.6 }, ['1', '0']],
  ['--stage-updates', '33', { stageUpdates: 33 }, ['0']],
  ['--stage-rate', '0.002', { stageRate: 0.002 }, ['-1']],
  ['--rounds', '2', { rounds: 2 }, ['-1', '1.5']],
  ['--round-updates', '44', { roundUpdates: 44 }, ['0']],
  ['--swap', '0.1', { swap: 0.1 }, ['1', '-0.1']],
  ['--action-weights', '2', { actionWeights: [2] }, ['-1', 'x']],
  ['--own-states', '50', { ownStates: 50 }, ['0', '1.5']],
  ['--own-rounds', '3', { ownRounds: 3 }, ['0']],
  ['--lost-weight', '5', { lostWeight: 5 }, ['0.5', 'x']],
  ['--search', '152', { search: 152 }, ['0', 'long']],
  ['--tune-updates', '20', { tuneUpdates: 20 }, ['0', '-1']],
  ['--tune-rate', '0.003', { tuneRate: 0.003 }, ['-1']],
  ['--tune-with-value', '', { tuneWithValue: true }, []],
  ['--evaluate-every', '30', { evaluateEvery: 30 }, ['0']],
  ['--pick-episodes', '2', { pickEpisodes: 2 }, ['0', '2.5']],
  ['--tolerance', '9', { tolerance: 9 }, ['-0.1', '11']],
  ['--max-weights', '70', { maxWeights: 70 }, ['0']],
  ['--max-bytes', '4000', { maxBytes: 4000 }, ['0', '1k']],
  ['--observation-bounds', 'clamp', { observationBounds: 'clamp' }, ['wrap', '']],
  ['--observation-margin', '0.2', { observationMargin: 0.2 }, ['-0.1', 'x']],
  ['--augment', '0.25', { augment: 0.25 }, ['0', '-1', 'some']],
  ['--progress-episodes', '1', { progressEpisodes: 1 }, ['0']],
  ['--fused', '', { fused: true }, []],
  ['--no-fused', '', { fused: false }, []],
  ['--backend', 'reference', { backend: 'reference' }, ['gpu']],
  ['--tile', 'narrow', { tile: 'narrow' }, ['broad']],
]

const words = (flag: string, text: string) => (text ? [flag, text] : [flag])

describe('every flag of the recipe', () => {
  it('is in this table', () => {
    const verb = new Command()
    addRecipeOptions(verb)
    expect(flags.map(([flag]) => flag).sort()).toEqual(verb.options.map((option) => option.long).sort())
  })

  it.each(flags)('%s %s', (flag, text, becomes) => {
    const verb = new Command().exitOverride()
    addRecipeOptions(verb)
    const given = verb.parse(words(flag, text), { from: 'user' }).opts<Given>()
    expect(given).toEqual(becomes)
    expect(distillOptions('pendulum', given)).toMatchObject(becomes)
  })

  // what makes stages of the cuts
  const staged = ['--prune', '--own-states', '--search', '--own-rounds', '--stage-share', '--stage-updates']
  staged.push('--lost-weight', '--stage-rate', '--rounds', '--round-updates', '--swap')
  const gaussian = ['--noise', '--nu', '--kl-cap', '--kl-shape', '--threshold']
  const limits = ['--max-weights', '--max-bytes']
  // what is augmented has no value term
  const cut = ['--augment', '--l1-path', ...staged]
  const unlike: [how: string, without: string[]][] = [
    ['l1 at weights', [...cut, ...gaussian, '--thresholds', '--budget', '--tolerance']],
    ['l1 at its budget', [...cut, ...gaussian, ...limits, '--thresholds', '--keep']],
    // nu is of the linear annealing alone
    ['bpd at thresholds', [...cut, ...limits, '--variant', '--l1', '--keep', '--budget', '--kl-shape']],
    ['bpd at weights', [...cut, '--variant', '--l1', '--thresholds', '--budget', '--nu', '--tolerance']],
    // a penalty that is searched is none of the recipe's
    [
      'l1 in stages',
      [...gaussian, '--augment', '--tune-with-value', '--l1', '--thresholds', '--tune-rate', '--budget', '--tolerance'],
    ],
  ]
  it('is in one of these runs', () => {
    const nowhere = flags.filter(([flag]) => unlike.every(([, without]) => without.includes(flag)))
    expect(nowhere.map(([flag]) => flag)).toEqual(['--augment'])
  })
  it.each(unlike)('is in the file that is made with it, unless the bytes do not depend on it: %s', (how, without) => {
    // the reference runs below
    const used = flags.filter(([flag]) => ![...without, '--no-fused', '--backend'].includes(flag))
    const { status, lines } = distill('--out', how, ...used.flatMap(([flag, text]) => words(flag, text)))
    expect({ status, lines }).toMatchObject({ status: 0 })
    const { provenance } = decodePolicy(readFileSync(join(folder, how, 'student.bpd'))).contract
    const { tile: _, fused: __, ...expected } = Object.assign({}, ...used.map(([, , becomes]) => becomes)) as Given
    expect(provenance).toMatchObject({ recipe: expected })
    // what differs from the defaults is written; the pendulum's own recipe is --no-fused
    expect(provenance?.recipe).not.toHaveProperty('fused')
  })
})

describe('a wrong value is refused in one line that names the flag', () => {
  const own: [flag: string, wrong: string[]][] = [
    ['--seed', ['-1', '1.5', 'one', '4294967296']],
    ['--threads', ['0', '65']],
    ['--checkpoint-minutes', ['-1', 'soon']],
    ['--values', ['f8', '']],
    ['--max-error', ['0', '-1', 'x']],
    ['--period', ['0', '5000', 'x']],
    ['--action-low', ['', '1,,2', 'low']],
  ]
  const all = [...flags.map(([flag, , , wrong]) => [flag, wrong] as const), ...own]
  it.each(all.flatMap(([flag, wrong]) => wrong.map((text) => [flag, text] as const)))('%s %j', async (flag, text) => {
    let said = ''
    distillVerb.exitOverride().configureOutput({
      writeErr: (error) => {
        said += error
      },
    })
    const line = ['pendulum', '--teacher', 't', '--data', 'd', '--out', 'o', flag, text]
    await expect(distillVerb.parseAsync(line, { from: 'user' })).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    })
    expect(said).toContain(`option '${flag} <`)
    expect(said.trimEnd().split('\n')).toHaveLength(1)
  })

  it('by the command itself with exit code 2', () => {
    const { status, stdout, lines } = distill('--out', 'never', '--kl-shape', 'square')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^bpd: option '--kl-shape <shape>' argument 'square' is invalid\. Allowed choices are linear, /,
    )
  })
})

describe('bpd distill --hidden none', () => {
  it('is a student without a hidden layer, in its words and in a file', () => {
    const verb = new Command().exitOverride()
    addRecipeOptions(verb)
    expect(verb.parse(['--hidden', 'none'], { from: 'user' }).opts()).toEqual({ hidden: [] })
    writeFileSync(join(folder, 'linear.yaml'), 'hidden: none\nvariant: dense\n')
    for (const words of [
      ['--hidden', 'none', '--variant', 'dense'],
      ['--config', 'linear.yaml'],
    ]) {
      const { status, stdout, lines } = distill('--out', 'never', ...words)
      expect({ status, stdout, lines }).toEqual({
        status: 2,
        stdout: '',
        lines: [
          'bpd: variant dense: hidden none, expected hidden layers to fit to its budget; variant linear has none',
        ],
      })
    }
  })

  it('makes a file that says so, as bpd inspect shows', () => {
    const few = '--steps 20 --tune-updates 5 --pick-episodes 1 --progress-episodes 1 --value-weight 0'
    expect(distill('--out', 'linear', '--variant', 'linear', ...few.split(' '))).toMatchObject({ status: 0 })
    const { stdout } = bpdIn(folder, 'inspect', 'linear/student.bpd', '--json')
    const { weights, layers, contract } = JSON.parse(stdout)
    expect(weights).toBe(3)
    expect(layers).toMatchObject([{ rows: 1, columns: 3, activation: 'tanh' }])
    expect(contract.provenance.recipe).toMatchObject({ variant: 'linear', hidden: [] })
  })
})

describe('bpd distill --backend reference', () => {
  const little = [
    '--steps',
    '20',
    '--evaluate-every',
    '20',
    '--batch-size',
    '16',
    '--hidden',
    '8,8',
    '--critic-hidden',
    '16,16',
  ]
  const tuning = [
    '--tune-updates',
    '5',
    '--thresholds',
    '2',
    '--progress-episodes',
    '1',
    '--pick-episodes',
    '1',
    '--json',
  ]
  const reference = (...more: string[]) => distill(...little, ...tuning, '--backend', 'reference', ...more)

  it('makes the student of the fast kernels, up to rounding', () => {
    const fast = distill(...little, ...tuning, '--out', 'fast')
    const slow = reference('--out', 'reference')
    expect([fast.status, slow.status]).toEqual([0, 0])
    const [a, b] = [JSON.parse(fast.stdout), JSON.parse(slow.stdout)]
    expect(b.curve).toHaveLength(1)
    expect(b.weights).toBe(a.weights)
    for (const term of ['critic', 'value', 'clone', 'kl']) expect(b.curve[0][term] / a.curve[0][term]).toBeCloseTo(1, 4)
  })

  it.each([
    [
      'does not load',
      "throw new Error('The native addon can not be found at path: x. \\nPlease run ...')",
      'The native addon can not',
    ],
    ['registers no backend', '', "Backend name 'tensorflow' not found in registry"],
    ['has lost its code', undefined, "Cannot find module '"],
  ])('with a tfjs-node that %s ends in one line, and does not take another in its place', (_, code, message) => {
    const at = join(folder, 'broken/@tensorflow/tfjs-node')
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'package.json'), '{ "name": "@tensorflow/tfjs-node", "main": "index.js" }')
    rmSync(join(at, 'index.js'), { force: true })
    if (code !== undefined) writeFileSync(join(at, 'index.js'), code)
    process.env.NODE_PATH = join(folder, 'broken')
    const { status, stdout, lines } = reference('--out', 'never')
    delete process.env.NODE_PATH
    const said = lines.filter((line) => line.startsWith('bpd: '))
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(`backend reference: @tensorflow/tfjs-node is installed but broken: ${message}`)
    expect({ status, kind: JSON.parse(stdout).error.kind }).toEqual({ status: 2, kind: 'input' })
  })
})
