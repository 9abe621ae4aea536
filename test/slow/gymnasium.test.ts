/**
 * Environments of Gymnasium behind the Python adapter, and the pendulum in plain Python: a policy's returns are those in our tasks. Gymnasium and
 * its MuJoCo come from PyPI, in a folder of the cache that is made once.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { policyOf } from '../../cli/verbs/eval.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { randomStream } from '../../trainer/random.ts'
import { controllerOf, playEpisode, statistics } from '../../trainer/tasks/evaluate.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { root } from '../support/pages.ts'
import { playTasks } from '../support/played.ts'
import { describeWith } from '../support/require.ts'

// the last two: what its MuJoCo environments draw with, which they import at once
const packages = ['gymnasium==1.4.0', 'mujoco==4.0.0', 'numpy==2.4.6', 'imageio==2.38.1', 'packaging==26.4']
const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bpd-gymnasium')
const python = join(environment, 'bin/python')
const runs = (...words: string[]) => spawnSync(words[0], words.slice(1), { stdio: 'ignore' }).status === 0

/** Makes the environment where it is not there yet: some 200 MB, once. */
function hasGymnasium(): boolean {
  const works = () => existsSync(python) && runs(python, '-c', 'import gymnasium; gymnasium.make("Hopper-v4")')
  if (works()) return true
  if (process.env.BPD_REQUIRE !== 'all') return false
  runs('python3', '-m', 'venv', environment)
  runs(python, '-m', 'pip', 'install', '--quiet', ...packages)
  return works()
}

const adapter = join(root, 'clients/python/bpd_env.py')
const gymnasium = (id: string) => `exec:"${python}" "${adapter}" ${id}`
const episodes = 60
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 120_000 })

/** Mean and standard error of the returns of a policy or teacher in a task. */
async function returnsIn(taskName: string, file: string) {
  await prepareTask(taskName)
  const policy = await policyOf(join(root, file), createTask(taskName).spec)
  const outcomes = await playEpisodes({ taskName, policy }, { seed: 5, purpose: 'report' }, episodes, 2)
  const { mean, std } = statistics(Float64Array.from(outcomes, (outcome) => outcome.return))
  return { mean, error: std / Math.sqrt(episodes) }
}

async function expectAlike(one: string, other: string, file: string): Promise<void> {
  const [a, b] = [await returnsIn(one, file), await returnsIn(other, file)]
  expect(Math.abs(a.mean - b.mean) / Math.hypot(a.error, b.error)).toBeLessThan(2)
}

describeWith(`python3 with ${packages.join(', ')} in ${environment}`, hasGymnasium())('under Gymnasium', () => {
  it('Pendulum-v1 gives a teacher the returns of our pendulum', () =>
    expectAlike('pendulum', gymnasium('Pendulum-v1'), 'models/pendulum/teacher.safetensors'))

  it('Hopper-v4 gives a teacher the returns of our hopper', () =>
    expectAlike('hopper', gymnasium('Hopper-v4'), 'models/hopper/teacher.safetensors'))

  it('an environment that is none, and one whose actions are no Box, are one line', () => {
    const [unknown, discrete] = playTasks([gymnasium('Nothing-v0'), gymnasium('CartPole-v1')], {})
    expect(unknown.message).toMatch(/ended with exit code 1: gymnasium\.error\.NameNotFound: [^\n]+$/)
    expect(discrete.message).toMatch(/ended with exit code 1: TypeError: action: Discrete\(2\), expected a Box$/)
  })
})

const hasPython = runs('python3', '-c', 'import sys; assert sys.version_info >= (3, 8)')

describeWith('python3', hasPython)('the pendulum in plain Python', () => {
  const name = `exec:python3 "${join(root, 'examples/tasks/pendulum.py')}"`
  beforeAll(() => prepareTask(name))

  it('moves and pays as ours from every start', () => {
    const [theirs, ours] = [createTask(name), new Pendulum()]
    for (let episode = 0; episode < 5; episode++) {
      const random = randomStream(3, 'torques', episode)
      theirs.reset(random)
      const [cos, sin, velocity] = theirs.observation
      ours.setState(Math.atan2(sin, cos), velocity)
      for (let step = 0; step < 200; step++) {
        const action = Float32Array.of(random.uniform(-3, 3))
        expect(theirs.step(action)).toBeCloseTo(ours.step(action), 6)
        for (let i = 0; i < 3; i++) expect(theirs.observation[i]).toBeCloseTo(ours.observation[i], 6)
      }
    }
    theirs.close?.()
  })

  it('gives a student the same return from the same start', async () => {
    const [theirs, ours] = [createTask(name), new Pendulum()]
    const control = controllerOf(loadPolicy(await policyOf(join(root, 'models/pendulum/student.bpd'), ours.spec)))
    const expected = playEpisode(theirs, control, 1, 'report', 0).return
    theirs.reset(randomStream(1, 'report', 0))
    const [cos, sin, velocity] = theirs.observation
    const started = Object.assign(new Pendulum(), { reset: () => {} })
    started.setState(Math.atan2(sin, cos), velocity)
    expect(playEpisode(started, control, 1, 'report', 0).return).toBeCloseTo(expected, 3)
    theirs.close?.()
  })
})

describeWith('python3', hasPython)('the Python files, without Gymnasium', () => {
  const clients = join(root, 'clients/python')
  /** Runs a program in Python that has the clients at hand; its words on stdout and the last line of stderr. */
  const ran = (program: string, ...words: string[]) => {
    const { stdout, stderr } = spawnSync('python3', ['-c', program, ...words], {
      encoding: 'utf8',
      input: '',
      env: { ...process.env, PYTHONPATH: clients },
    })
    return { said: stdout.trim(), last: stderr.trim().split('\n').at(-1) }
  }
  const spaces = `
from bpd_env import serve
class Box:
    def __init__(self, low, high): self.low, self.high, self.shape = low, high, (len(low),)
class Dict:
    def __init__(self, **spaces): self.spaces = spaces
class Env:
    action_space = Box([-1.0], [1.0])
two = Box([0.0], [1.0])
def run(env): serve(env, name="env", period=0.1, max_steps=5)
`

  it('call the observations of nested Dicts by all of their keys', () => {
    const nested = 'e = Env(); e.observation_space = Dict(left=Dict(z=two), right=Dict(z=two), w=two); run(e)'
    const hello = JSON.parse(ran(spaces + nested).said)
    expect(hello.observationNames).toEqual(['left z 0', 'right z 0', 'w 0'])
  })

  it('keep what an environment and its children print, built or building, from the answers', () => {
    const child = 'import subprocess; subprocess.run(["echo", "child"])'
    const built = 'def __init__(self): print("banner"); self.observation_space = two'
    const program = `${spaces}${child}\nprint("built", flush=True)\nclass Loud(Env):\n    ${built}\nrun(Loud())`
    const { said } = ran(program)
    expect(JSON.parse(said)).toMatchObject({ name: 'env', observationNames: ['observation 0'] })
  })

  it('refuse actions that are a Dict, and no name of an environment, in a last line', () => {
    const { last } = ran(`${spaces}e = Env(); e.observation_space = two; e.action_space = Dict(a=two); run(e)`)
    expect(last).toMatch(/^TypeError: action: .*, expected a Box$/)
    const alone = spawnSync('python3', [adapter], { encoding: 'utf8' })
    expect(alone).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^bpd_env\.py: expected the name of an env.*\n$/),
    })
  })

  it('tell which observation is no number, and take what is beyond f32 as infinite', () => {
    const says = (numbers: string) => ran(`from bpd_client import _floats\nprint(_floats(${numbers}).hex())`)
    // as an array of one number is, to the struct module
    const odd = 'type("Array", (), {"__float__": lambda self: [][0], "__repr__": lambda self: "array([0.])"})()'
    expect(says(`[1e39, ${odd}]`).last).toBe(
      'ValueError: number 1 is array([0.]), expected a number, one that a float can be',
    )
    expect(says('[10**400, 0, 0]').last).toMatch(/^ValueError: number 0 is 10{59}, expected a number/)
    expect(says('[1e39, -1e39, 1]').said).toBe('0000807f000080ff0000803f')
  })
})
