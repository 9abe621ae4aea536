/** Modules that export a task: one line for each field that is wrong, and for each way in which a module fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { namesIn, readModel } from '../../../trainer/tasks/mujoco/model-files.ts'
import { createTask, prepareTask, requireListed } from '../../../trainer/tasks/registry.ts'
import { playTasks, type Went } from '../../support/played.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-own-task-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text)

/** A task's source with something in place of a field; `more` stands in front of it. */
const plain = (field = '', value = '', more = '') => {
  const fields: Record<string, string> = {
    name: "'still'",
    observationNames: "['place', 'speed']",
    actionNames: "['push']",
    actionLow: '[-1]',
    actionHigh: '[1]',
    period: '0.1',
    maxSteps: '5',
    create: '() => ({ observation: [0, 0], terminated: false, reset() {}, step: () => 1 })',
  }
  if (field) fields[field] = value
  const text = Object.entries(fields).map(([key, source]) => `${key}: ${source}`)
  return `${more}\nexport default {\n  ${text.join(',\n  ')}\n}\n`
}

const create = (parts: string) =>
  plain('create', `() => ({ observation: [0, 0], terminated: false, reset() {}, step: () => 1, ${parts} })`)

/** what the file is, its text, and words of the line that refuses it */
const refused: [name: string, text: string, words: string][] = [
  ['empty.mjs', '', 'no default export, expected a task as one'],
  ['named.mjs', 'export const task = {}', 'no default export'],
  ['number.mjs', 'export default 5', 'default export: a number, expected a task'],
  ['list.mjs', 'export default []', 'default export: a list, expected a task'],
  ['throws.mjs', "\nthrow new Error('no\\nlicence')", 'Error: no licence (throws.mjs:2)'],
  ['throws-nothing.mjs', 'throw undefined', 'undefined'],
  ['syntax.mjs', 'export default {', 'SyntaxError: '],
  ['syntax.ts', '\nconst a: = 3', 'SyntaxError: '],
  ['enum.ts', 'enum A { b }\nexport default {}', 'TypeScript enum is not supported in strip-only mode (enum.ts:1)'],
  ['lost.mjs', "import 'no-such-package'", "Cannot find package 'no-such-package'"],
  ['script.py', 'print()', 'expected a module (.ts, .mts, .js, .mjs) that exports a task, or "exec:COMMAND"'],
  ['name.mjs', plain('name', "'../x'"), 'name: "../x", expected a name of at most 64 letters'],
  ['no-names.mjs', plain('observationNames', '[]'), 'observationNames: [], expected 1 to 4096 names'],
  ['twice.mjs', plain('observationNames', "['a', 'a']"), 'observationNames.1: "a", expected names that differ'],
  ['number-name.mjs', plain('actionNames', '[1]'), 'actionNames.0: 1, expected a name of 1 to 64 characters'],
  ['short.mjs', plain('actionLow', '[]'), 'actionLow: [], expected 1 numbers, one an action'],
  ['nan.mjs', plain('actionHigh', '[NaN]'), 'actionHigh.0: NaN, expected a finite number'],
  ['order.mjs', plain('actionLow', '[1]'), 'actionLow.0: 1, expected a number below actionHigh, 1'],
  ['period.mjs', plain('period', '0'), 'period: 0, expected a number from 0.000001 to 4294 seconds'],
  ['steps.mjs', plain('maxSteps', '1e9'), 'maxSteps: 1000000000, expected a whole number from 1 to'],
  ['create.mjs', plain('create', '5'), 'create: 5, expected a function'],
  ['itself.mjs', plain('create', 'self', 'const self = {}; self.self = self'), 'create: a map, expected a function'],
  ['recipe.mjs', plain('recipe', '{ stepz: 5 }'), 'recipe.stepz: 5, expected none of that name'],
  ['recipe-value.mjs', plain('recipe', "{ steps: 'many' }"), 'recipe.steps: "many", expected a whole number >= 2'],
  ['bonus.mjs', plain('survivalBonus', "'much'"), 'survivalBonus: "much", expected a finite number'],
  [
    'unknown.mjs',
    plain('survivalbonus', '1'),
    'survivalbonus: 1, expected none of that name, only name, observationNames',
  ],
  ['misspelt.mjs', plain('recipie', '{ steps: 5 }'), 'recipie: {"steps":5}, expected none of that name'],
  ['getter.mjs', 'export default { get name() { throw new Error("not yet") } }', 'Error: not yet (getter.mjs:1)'],
  ['prepare.mjs', plain('prepare', "() => { throw new Error('no GPU') }"), 'prepare: threw Error: no GPU'],
  ['creates.mjs', plain('create', "() => { throw new Error('full') }"), 'create: threw Error: full (creates.mjs:'],
  ['nothing.mjs', plain('create', '() => {}'), 'create(): absent, expected a map'],
  ['no-step.mjs', create('step: 3'), 'create().step: 3, expected a function'],
  ['wide.mjs', create('observation: [0, 0, 0]'), 'observation of 3 numbers after reset, expected 2, one a name'],
  ['text.mjs', create("observation: [0, 'a']"), 'observation "speed" "a" after reset, expected a finite number'],
  ['huge.mjs', create('observation: [0, 1e39]'), 'after reset, expected a number that fits into f32'],
  ['rich.mjs', create('step: () => -1e39'), 'reward -1e+39 after step 1 of an episode, expected a number that fits'],
  ['maybe.mjs', create('terminated: 0'), 'terminated 0 after reset, expected true or false'],
  ['over.mjs', create('terminated: true'), 'terminated true after reset, expected an episode that begins'],
  ['reward.mjs', create('step() {}'), 'reward nothing after step 1 of an episode, expected a finite number'],
  ['step.mjs', create("step() { throw new TypeError('oh') }"), 'step: threw TypeError: oh (step.mjs:'],
]

describe('a module is refused in one line that names it', () => {
  let went: Went[]
  beforeAll(() => {
    for (const [name, text] of refused) put(name, text)
    went = playTasks(
      refused.map(([name]) => `./${name}`),
      {},
      folder,
    )
  }, 60_000)

  it.each(refused.map(([name, _, words], i) => [name, words, i] as const))('%s: %s', (name, words, i) => {
    const { kind, message } = went[i]
    expect(message).toContain(words)
    expect(kind).toBe('InputError')
    expect(message!.startsWith(`./${name}: `)).toBe(true)
    expect(message).not.toContain('\n')
  })

  it('one that is not there, and a folder', () => {
    mkdirSync(join(folder, 'sub.ts'))
    const [gone, sub] = playTasks(['./gone.ts', './sub.ts'], {}, folder)
    expect(gone.message).toBe('./gone.ts: cannot be read (ENOENT)')
    expect(sub.message).toBe('./sub.ts: a folder, expected a module')
  })
})

describe('a module is a task', () => {
  it('by its path, in TypeScript or JavaScript, with or without defineTask, wherever it lies', () => {
    put('plain.js', plain())
    const typed = plain('create', '(): Environment => new Still()')
      .replace(
        'export default {',
        "import { defineTask, type Environment } from 'bpd/train'\nexport default defineTask({",
      )
      .replace(/}\n$/, '})\n')
    put(
      'typed.ts',
      `${typed}class Still implements Environment {
  observation: Float64Array = new Float64Array(2)
  terminated = false
  reset(): void {}
  step([push]: Float32Array): number { return 1 + push }
}
`,
    )
    const went = playTasks(['./plain.js', 'typed.ts', join(folder, 'typed.ts')], {}, folder)
    for (const one of went) expect(one).toMatchObject({ return: 5, fell: false, spec: { name: 'still', period: 0.1 } })
  })

  it('and its fault in the middle of an episode is one line too', () => {
    put('late.mjs', create('n: 0, step() { return ++this.n === 3 ? NaN : 1 }'))
    const [late] = playTasks(['./late.mjs'], {}, folder)
    expect(late).toMatchObject({
      kind: 'FailedError',
      message: './late.mjs: reward NaN after step 3 of an episode, expected a finite number',
    })
  })

  it('never because a file names it: only tasks of the list may be named by one', () => {
    for (const name of ['./plain.js', 'exec:node x.js', join(folder, 'plain.js')])
      expect(() => requireListed(name)).toThrow(InputError)
  })
})

describe('a model in files', () => {
  const mujoco = (parts: string, model = "'./robot.xml'") => `export default {
  name: 'slider', model: ${model}, frameSkip: 2, maxSteps: 10, observationNames: ['x', 'v'], actionNames: ['force'],
  start: ({ qpos }, random) => { qpos[0] = random.uniform(0, 1) },
  observe: ({ qpos, qvel }, observation) => { observation[0] = qpos[0]; observation[1] = qvel[0] },
  reward: ({ qpos }) => -qpos[0], terminated: () => false, ${parts}
}
`
  const robot = (assets: string, body = '<include file="parts/body.xml"/>') => `<mujoco>
  <compiler meshdir="meshes"/>
  <!-- <mesh file="not-there.obj"/> <include file="neither.xml"/> -->
  <asset>${assets}</asset>
  <worldbody>${body}</worldbody>
  <actuator><motor joint="rail" ctrlrange="-1 1"/></actuator>
</mujoco>`
  const box = 'v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n'

  beforeAll(() => {
    for (const sub of ['parts', 'meshes']) mkdirSync(join(folder, sub))
    put(
      'parts/body.xml',
      '<mujoco><body><joint name="rail" type="slide"/><geom type="mesh" mesh="box"/></body></mujoco>',
    )
    put('meshes/box.obj', box)
    put('robot.xml', robot('<mesh name="box" file="box.obj"/>'))
    put('lost.xml', robot('<mesh name="box" file="gone.obj"/>'))
    put('loop.xml', robot('', '<include file="loop.xml"/>'))
    put('broken.xml', '<mujoco><worldbody>')
    put('mujoco.mjs', mujoco(''))
    put('mujoco-lost.mjs', mujoco('', "'lost.xml'"))
    put('mujoco-loop.mjs', mujoco('', "'loop.xml'"))
    put('mujoco-broken.mjs', mujoco('', "'broken.xml'"))
    put('mujoco-gone.mjs', mujoco('', "'gone.xml'"))
    put('mujoco-names.mjs', mujoco("actionNames: ['a', 'b']"))
    put('mujoco-observe.mjs', mujoco('observe: 5'))
    put('mujoco-empty.mjs', mujoco('', "''"))
    put('mujoco-period.mjs', mujoco('period: 0.1'))
    put('mujoco-throws.mjs', mujoco("reward() { throw new Error('no') }"))
  })

  it('is found with its includes and meshes, and what is wrong with it is one line', () => {
    const names = ['', '-lost', '-loop', '-broken', '-gone', '-names', '-observe', '-throws', '-empty', '-period']
    const [good, lost, loop, broken, gone, counts, observe, throws, empty, period] = playTasks(
      names.map((name) => `./mujoco${name}.mjs`),
      {},
      folder,
    )
    expect(good).toMatchObject({ fell: false, spec: { actionLow: [-1], period: 0.004 } })
    expect(lost.message).toMatch(/^\.\/mujoco-lost\.mjs: task slider: model: .*Error opening file 'meshes\/gone\.obj'$/)
    expect(loop.message).toMatch(/^\.\/mujoco-loop\.mjs: task slider: model: .*loop\.xml/)
    expect(broken.message).toMatch(/^\.\/mujoco-broken\.mjs: task slider: model: /)
    expect(gone.message).toBe('gone.xml: cannot be read (ENOENT)')
    expect(counts.message).toBe('./mujoco-names.mjs: task slider: 2 action names, expected 1, one an actuator')
    expect(observe.message).toBe('./mujoco-observe.mjs: observe: 5, expected a function')
    expect(throws.message).toContain('./mujoco-throws.mjs: step: threw Error: no (mujoco-throws.mjs:')
    expect(empty.message).toBe(`./mujoco-empty.mjs: model: "", expected MJCF as a text, or a file's path`)
    expect(period.message).toContain('./mujoco-period.mjs: period: 0.1, expected none of that name, only name, model')
    for (const { message } of [lost, loop, broken, gone]) expect(message).not.toContain('\n')
  })

  it('has the sha256 of each of its files, and of no other', () => {
    const model = readModel('robot.xml', folder)
    if (typeof model === 'string') throw new Error('a text')
    const found = Object.keys(model.sha256).map((path) => path.slice(folder.length + 1))
    expect(found).toEqual(['robot.xml', 'meshes/box.obj', 'parts/body.xml'])
  })

  it('is searched for names in time that grows with its length, whatever it holds', () => {
    const long = [
      '<!--'.repeat(500_000),
      'file = '.repeat(300_000),
      'file="'.repeat(300_000),
      `file='${'x'.repeat(2e6)}`,
    ]
    // in time that grows with its square none of them would end within the test's own
    for (const text of long) namesIn(text)
    expect(namesIn(`<a file="b.obj" meshdir='c'/><d fileright = "e.png"/><!-- file="f" -->`)).toEqual({
      files: ['b.obj', 'e.png'],
      folders: ['c'],
    })
  })
})

describe('a task of which the first preparation fails', () => {
  const fails = (task: string, words: string) => expect(prepareTask(task)).rejects.toThrow(words)

  it('is opened anew by the next, which may find the module there', async () => {
    const task = join(folder, 'later.mjs')
    await fails(task, 'cannot be read (ENOENT)')
    put('later.mjs', plain())
    await prepareTask(task)
    expect(createTask(task).spec.name).toBe('still')
  })

  it('is prepared anew, by one call for all who ask meanwhile', async () => {
    const task = join(folder, 'busy.mjs')
    put('busy.mjs', plain('prepare', "() => { if (tries++ === 0) throw new Error('busy') }", 'let tries = 0'))
    await Promise.all([fails(task, 'prepare: threw Error: busy'), fails(task, 'prepare: threw Error: busy')])
    await prepareTask(task)
  })
})
