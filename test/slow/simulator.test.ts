/** Simulators in processes of their own: what they give, and one line for each way in which they fail. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EpisodePool } from '../../trainer/data/episode-pool.ts'
import { collectInParallel, collectOwnStates } from '../../trainer/data/episodes.ts'
import { randomStream } from '../../trainer/random.ts'
import { createTask, prepareTask, taskFacts, taskOrigin } from '../../trainer/tasks/registry.ts'
import { readAnswer, readHello, stepMessage } from '../../trainer/tasks/simulator/protocol.ts'
import { wordsOf } from '../../trainer/tasks/simulator/simulator.ts'
import { bpd, bpdIn } from '../support/command.ts'
import { plainPolicy } from '../support/own-policy.ts'
import { playTasks, type Went } from '../support/played.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-simulator-'))
afterAll(() => rmSync(folder, { recursive: true }))
const script = fileURLToPath(new URL('../support/simulator.mjs', import.meta.url))
const simulator = (fault = 'none', ...more: string[]) =>
  ['exec:node', script, `'${fault}'`, ...more].join(' ').replace('exec:node', `exec:"${process.execPath}"`)

describe('a simulator in a process of its own', () => {
  const name = simulator()
  beforeAll(() => prepareTask(name))

  it('is a task like any other, by what its first line says', () => {
    const { spec } = createTask(name)
    expect(spec).toMatchObject({ name: 'pushed-cart', observationNames: ['place', 'speed'], maxSteps: 20 })
    expect(taskFacts(name).recipe.steps).toBeGreaterThan(0)
    expect(Object.keys(taskOrigin(name)!.files)).toEqual([process.execPath, script])
  })

  it('answers a step with what it computed, to the last bit', () => {
    const task = createTask(name)
    task.reset(randomStream(1, 'here'))
    const place = randomStream(1, 'here').uint32() / 2 ** 31 - 1
    expect([...task.observation]).toEqual([place, 0])
    const reward = task.step(Float32Array.of(0.3))
    const speed = 0.05 * Math.fround(0.3)
    expect([...task.observation]).toEqual([place + 0.05 * speed, speed])
    expect(reward).toBe(1 - (place + 0.05 * speed) ** 2)
    task.close?.()
  })

  it('starts from the random stream alone, whatever was before', () => {
    const [one, other] = [createTask(name), createTask(name)]
    for (let i = 0; i < 3; i++) {
      one.reset(randomStream(2, 'start', i))
      one.step(Float32Array.of(1))
      other.reset(randomStream(2, 'start', i))
      other.step(Float32Array.of(1))
      expect([...other.observation]).toEqual([...one.observation])
    }
    one.close?.()
    other.close?.()
  })

  it('gives the same transitions for any number of workers', async () => {
    const task = createTask(name)
    const policy = plainPolicy(task.spec)
    const rows: Float32Array[][] = []
    for (const workers of [1, 2]) {
      const all = []
      const options = { transitions: 110, sigmas: [0, 0.3], seed: 3 }
      for await (const part of collectInParallel({ taskName: name, policy }, task, options, workers)) all.push(part)
      rows.push(all)
    }
    expect(rows[1]).toEqual(rows[0])
    task.close?.()
  })

  it("gives the same states of a student's own for any number of workers, by a pool that outlives the policy", async () => {
    const { spec } = createTask(name)
    const policy = plainPolicy(spec)
    const rounds: Float32Array[][] = []
    for (const workers of [1, 2]) {
      const pool = new EpisodePool(name, workers)
      const all = []
      for (const round of [1, 2]) {
        const wanted = { seed: 3, round, rows: 110 }
        for await (const part of collectOwnStates(pool, spec, { policy, labeller: policy }, wanted)) all.push(part.rows)
      }
      await pool.close()
      rounds.push(all)
    }
    expect(rounds[0].reduce((sum, part) => sum + part.length, 0)).toBe(2 * 110 * 3)
    expect(rounds[1]).toEqual(rounds[0])
  })

  it('tells a failure in a worker as itself, not as a fault of bpd', async () => {
    const crashing = simulator('crash in a step')
    await prepareTask(crashing)
    const task = createTask(crashing)
    const setting = { taskName: crashing, policy: plainPolicy(task.spec) }
    const rows = collectInParallel(setting, task, { transitions: 100, sigmas: [0], seed: 1 }, 2)
    await expect(rows.next()).rejects.toMatchObject({
      name: 'FailedError',
      message: expect.stringContaining('ended with exit code 3: ValueError: the cart fell off'),
    })
  })
})

describe('in one line', () => {
  /** fault, kind of error, words of the message */
  const cases: [string, string, string][] = [
    ['crash at the start', 'InputError', 'ended with exit code 3: ImportError: no module named physics'],
    ['nothing', 'InputError', 'ended with exit code 0'],
    ['silence', 'InputError', 'nothing within 5 s, expected its first line (BPD_SIMULATOR_START'],
    ['no json', 'InputError', 'first line of its output: "Loading the world...", expected a map in JSON, and no print'],
    ['a print before', 'InputError', 'first line of its output: "Loading the world...", expected a map in JSON'],
    ['another protocol', 'InputError', 'protocol: "gym", expected "bpd-simulator-1"'],
    ['a bad field', 'InputError', 'actionLow.0: 2, expected a number below actionHigh, 1'],
    [
      'an unknown field',
      'InputError',
      'maxsteps: 5, expected none of that name, only protocol, name, observationNames',
    ],
    ['an endless line', 'InputError', 'wrote no line within 131072 bytes: "xxxx'],
    ['a killed process', 'InputError', 'was killed (SIGKILL)'],
    ['crash in a step', 'FailedError', 'ended with exit code 3: ValueError: the cart fell off'],
    ['a hang', 'FailedError', 'nothing within 1 s, expected an answer to a step'],
    ['a stray print', 'FailedError', 'wrote what is no answer: "step 1 done, and now'],
    [
      'too few numbers',
      'FailedError',
      'an answer of 21 bytes, expected 29: a flag, the count, the reward and 2 observations as f64',
    ],
    ['not a number', 'FailedError', 'observation "speed" NaN after step 2 of an episode, expected a finite number'],
    ['an infinite reward', 'FailedError', 'reward Infinity after step 2 of an episode, expected a finite number'],
    ['a strange flag', 'FailedError', 'an answer with the flag 7, expected 0, or 1'],
    ['two answers', 'FailedError', 'wrote 33 bytes that nobody asked for'],
    ['an answer of before', 'FailedError', 'an answer to message 3, expected one to message 5'],
  ]
  let went: Went[]
  beforeAll(() => {
    const env = { BPD_SIMULATOR_START: '5', BPD_SIMULATOR_STEP: '1' }
    went = playTasks(
      cases.map(([fault]) => simulator(fault)),
      env,
    )
  }, 60_000)

  it.each(cases.map((one, i) => [...one, i] as const))('%s', (fault, kind, words, i) => {
    const { message, ...rest } = went[i]
    expect(rest).toMatchObject({ kind })
    expect(message).toContain(words)
    expect(message!.startsWith(`${simulator(fault)}: `)).toBe(true)
    expect(message).not.toContain('\n')
    expect(rest.seconds).toBeLessThan(10)
  })

  it('a command that is none, and budgets that are none', () => {
    expect(playTasks(['exec:no-such-program-here'], {})[0].message).toContain('cannot be started (ENOENT)')
    expect(playTasks([simulator()], { BPD_SIMULATOR_STEP: 'soon' })[0].message).toContain(
      'BPD_SIMULATOR_STEP: "soon", expected seconds',
    )
    expect(() => wordsOf('  ', 'exec:  ')).toThrow('expected a command behind "exec:"')
    expect(() => wordsOf('python3 "a', 'exec:python3 "a')).toThrow('expected a closing "')
    expect(wordsOf(`python3 "my env.py"  --x='a "b"'`, '')).toEqual(['python3', 'my env.py', '--x=a "b"'])
  })
})

describe('what a process writes', () => {
  it('is an answer or is refused in words, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('f32', 'f64'), (body, numbers) => {
        const answer = readAnswer(body, 7, numbers as 'f32', new Float64Array(2))
        if (typeof answer === 'string') expect(answer).not.toContain('\n')
        else expect(body.length).toBe(numbers === 'f32' ? 17 : 29)
      }),
    )
  })

  it('as its first line is checked whatever it holds', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (line) => {
        expect(() => readHello(line, 'exec:x')).toThrow(/^exec:x: /)
      }),
    )
  })

  it('may be f32: then actions are too', () => {
    expect(stepMessage(1, [0.1], 'f32')).toHaveLength(13)
    expect(stepMessage(1, [0.1], 'f64')).toHaveLength(17)
    expect(playTasks([simulator('f32')], {})[0]).toMatchObject({ fell: false })
  })
})

it.skipIf(process.platform === 'win32')('bpd leaves no process behind that owes an answer', async () => {
  const [seeds, mark, policy] = ['seen', 'marked', 'plain.bpd'].map((name) => join(folder, name))
  await prepareTask(simulator())
  writeFileSync(policy, plainPolicy(createTask(simulator()).spec))
  const evaluated = (name: string, workers: number) =>
    bpdIn(folder, 'eval', name, policy, '--episodes', '4', '--workers', `${workers}`)
  expect(evaluated(simulator('none', `'${seeds}'`), 1).status).toBe(0)
  const [, first] = readFileSync(seeds, 'utf8').split('\n')
  const left = () =>
    spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((line) => line.includes(mark))
  for (const [fault, words] of [
    ['a crash beside deaf hangs', 'the cart fell off'],
    ['an endless line', 'wrote no line within'],
  ]) {
    const { status, stderr } = evaluated(simulator(fault, `'${mark}'`, first), 2)
    expect(status, stderr).toBeGreaterThan(0)
    expect(stderr).toContain(words)
    for (let i = 0; i < 40 && left().length; i++) await later(50)
    expect(left()).toEqual([])
  }
})

it.skipIf(process.platform === 'win32')(
  'bpd leaves no process behind that is deaf to the end of its input',
  async () => {
    const [mark, policy] = ['deaf-mark', 'deaf.bpd'].map((name) => join(folder, name))
    await prepareTask(simulator())
    writeFileSync(policy, plainPolicy(createTask(simulator()).spec))
    const name = simulator('deaf', `'${mark}'`)
    const left = () =>
      spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => line.includes(mark) && !line.includes('cli/bpd.ts'))
    for (const workers of ['1', '2']) {
      const words = ['eval', name, policy, '--episodes', '4', '--workers', workers]
      const { status, stderr } = bpdIn(folder, ...words)
      expect(status, stderr).toBe(0)
      expect(left()).toEqual([])
    }
    const child = spawn(process.execPath, [bpd, 'eval', name, policy, '--episodes', '100000', '--workers', '2'])
    while (left().length < 3) await later(50)
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130)
    expect(left()).toEqual([])
  },
)

it('a process ends with the one that started it, also where that is killed', async () => {
  const seeds = join(folder, 'seeds')
  const child = spawn(process.execPath, [
    fileURLToPath(new URL('../support/hold-task.ts', import.meta.url)),
    simulator('none', `'${seeds}'`),
  ])
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))))
  const alive = () => spawnSync('kill', ['-0', `${pid}`]).status === 0
  expect(alive()).toBe(true)
  child.kill('SIGKILL')
  for (let i = 0; i < 100 && alive(); i++) await later(50)
  expect(alive()).toBe(false)
  expect(readFileSync(seeds, 'utf8')).toBe(`${randomStream(0, 'try').uint32()}\n`)
})
