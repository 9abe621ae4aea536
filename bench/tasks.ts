/**
 * What an environment step costs beside the bare engine steps it makes, for every task on the physics engine, as one JSON object; exit code 1
 * where it is more than 1.2 times as much. Both do the same physics, blocks of them alternate, and medians are taken, so that a busy machine slows
 * both alike.
 */
import { cpus } from 'node:os'
import { randomStream } from '../trainer/random.ts'
import { ant } from '../trainer/tasks/mujoco/ant.ts'
import type { MujocoDefinition } from '../trainer/tasks/mujoco/definition.ts'
import { compileModel } from '../trainer/tasks/mujoco/engine.ts'
import { MujocoTask } from '../trainer/tasks/mujoco/environment.ts'
import { halfCheetah } from '../trainer/tasks/mujoco/half-cheetah.ts'
import { hopper } from '../trainer/tasks/mujoco/hopper.ts'
import { invertedPendulum } from '../trainer/tasks/mujoco/inverted-pendulum.ts'
import { loadEngine } from '../trainer/tasks/mujoco/load-engine.ts'
import { walker2d } from '../trainer/tasks/mujoco/walker2d.ts'

const rounds = 41
const warmUp = 5
const limit = 1.2
const blockMilliseconds = 40

const engine = await loadEngine()

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]

function measure(definition: MujocoDefinition) {
  const model = compileModel(definition.model, definition.name)
  const task = new MujocoTask(definition)
  const data = new engine.MjData(model)
  const { qpos, qvel, xpos, ctrl } = data
  const { actionLow, actionHigh } = task.spec

  /** µs a step of the bare engine loop */
  const bare = (actions: Float64Array[]): number => {
    const started = performance.now()
    for (const action of actions) {
      for (let i = 0; i < action.length; i++) ctrl[i] = action[i]
      for (let i = 0; i < definition.frameSkip; i++) engine.mj_step(model, data)
    }
    return (1000 * (performance.now() - started)) / actions.length
  }
  /** µs a step of the environment */
  const environment = (actions: Float64Array[]): number => {
    const started = performance.now()
    for (const action of actions) task.step(action)
    return (1000 * (performance.now() - started)) / actions.length
  }

  const times = { bare: [] as number[], environment: [] as number[], ratio: [] as number[] }
  let steps = 20
  for (let round = -warmUp; round < rounds; round++) {
    const random = randomStream(1, 'bench', definition.name, round)
    const actions = Array.from({ length: steps }, () =>
      Float64Array.from(actionLow, (low, i) => random.uniform(low, actionHigh[i])),
    )
    task.reset(randomStream(1, 'start', round))
    engine.mj_resetData(model, data)
    definition.start({ qpos, qvel, xpos }, randomStream(1, 'start', round))
    engine.mj_forward(model, data)
    const bareFirst = round % 2 === 0 ? bare(actions) : undefined
    const ofEnvironment = environment(actions)
    const ofBare = bareFirst ?? bare(actions)
    const observation = new Float64Array(task.observation.length)
    definition.observe({ qpos, qvel, xpos }, observation)
    if (observation.length === 0 || observation.some((x, i) => x !== task.observation[i]))
      throw new Error(`${definition.name}: the bare engine and the environment did not do the same physics`)
    if (round < 0) {
      // an episode's length at most: a body that lies on the ground for long costs more or less than one that moves
      steps = Math.min(1000, Math.max(20, Math.round((1000 * blockMilliseconds) / ofEnvironment)))
      continue
    }
    times.bare.push(ofBare)
    times.environment.push(ofEnvironment)
    times.ratio.push(ofEnvironment / ofBare)
  }
  task.close()
  data.delete()
  const ratio = median(times.ratio)
  return {
    task: definition.name,
    environmentMicroseconds: median(times.environment),
    bareMicroseconds: median(times.bare),
    ratio,
    stepsPerSecond: 1e6 / median(times.environment),
    holds: ratio <= limit,
  }
}

const tasks = [invertedPendulum, hopper, walker2d, halfCheetah, ant].map(measure)
const cpu = cpus()[0].model
console.log(JSON.stringify({ engine: engine.mj_versionString(), cpu, node: process.version, limit, tasks }, null, 2))
if (!tasks.every(({ holds }) => holds)) process.exitCode = 1
