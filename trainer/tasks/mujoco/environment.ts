/** One environment of a MuJoCo definition: the loop every such task shares. */
import { InputError } from '../../../runtime-as/errors.ts'
import type { Random } from '../../random.ts'
import type { Task, TaskSpec } from '../task.ts'
import type { LoadedDefinition, State } from './definition.ts'
import { compileModel, engine, type MainModule, type MjData, type MjModel } from './engine.ts'

/** An environment that nobody closed gives its memory back when it is collected: the engine's heap is not the garbage collector's. */
const unclosed = new FinalizationRegistry<MjData>((data) => data.delete())

export class MujocoTask implements Task {
  readonly spec: TaskSpec
  readonly observation: Float64Array
  terminated = false
  /**
   * true when the physics ran away in the last step (the engine then resets itself and carries on as if nothing had been). Such a step
   * ends the episode: it earns 0 and leaves the observation as it was.
   */
  diverged = false
  readonly #definition: LoadedDefinition
  readonly #engine: MainModule
  readonly #model: MjModel
  readonly #data: MjData
  readonly #timestep: number
  #state!: State
  #control!: Float64Array
  #closed = false
  readonly #warnings: readonly number[]
  /** fetched once and never deleted: it belongs to the data */
  readonly #warningList: MjData['warning']

  /** Needs the engine loaded; refuses a model that does not compile or does not fit the definition. */
  constructor(definition: LoadedDefinition) {
    this.#definition = definition
    this.#engine = engine()
    this.#model = compileModel(definition.model, definition.name)
    this.#timestep = this.#model.opt.timestep
    this.spec = specOf(definition, this.#model, this.#timestep)
    this.observation = new Float64Array(definition.observationNames.length)
    this.#data = new this.#engine.MjData(this.#model)
    unclosed.register(this, this.#data, this)
    const { mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC } = this.#engine.mjtWarning
    this.#warnings = [mjWARN_BADQPOS.value, mjWARN_BADQVEL.value, mjWARN_BADQACC.value]
    this.#warningList = this.#data.warning
    this.#takeViews()
    this.#begin()
  }

  reset(random: Random): void {
    this.#engine.mj_resetData(this.#model, this.#data)
    this.#refreshViews()
    this.#definition.start(this.#state, random)
    this.#begin()
  }

  /** Starts from given positions and velocities, exactly: for replays. */
  setState(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.#engine.mj_resetData(this.#model, this.#data)
    this.#refreshViews()
    this.#state.qpos.set(qpos)
    this.#state.qvel.set(qvel)
    this.#begin()
  }

  step(action: ArrayLike<number>): number {
    const { position } = this.#definition
    const data = this.#data
    this.#refreshViews()
    for (let i = 0; i < this.#control.length; i++) this.#control[i] = action[i]
    const before = position ? position(this.#state) : 0
    const start = data.time
    for (let i = 0; i < this.#definition.frameSkip; i++) this.#engine.mj_step(this.#model, data)
    this.#refreshViews()
    if (this.#resetItself(start)) {
      this.diverged = true
      this.terminated = true
      return 0
    }
    const velocity = position ? (position(this.#state) - before) / this.spec.period : 0
    this.terminated = this.#definition.terminated(this.#state)
    this.#definition.observe(this.#state, this.observation)
    return this.#definition.reward(this.#state, action, velocity)
  }

  /** For who draws it or pushes it. Views on the engine's memory are to be fetched anew each time: it may grow. */
  get physics(): { model: MjModel; data: MjData } {
    return { model: this.#model, data: this.#data }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    unclosed.unregister(this)
    this.#data.delete()
  }

  #begin(): void {
    this.#engine.mj_forward(this.#model, this.#data)
    this.#refreshViews()
    this.terminated = false
    this.diverged = false
    this.#definition.observe(this.#state, this.observation)
  }

  /** Whether the engine has reset itself since time `start`: the clock went back, or, where it could not, a counter went up. */
  #resetItself(start: number): boolean {
    if (start > 0) return this.#data.time < start + this.spec.period - 0.5 * this.#timestep
    return this.#warnings.some((kind) => {
      const warning = this.#warningList.get(kind)!
      const { number } = warning
      warning.delete()
      return number > 0
    })
  }

  /** When the engine's memory grows (another environment is enough), every view on it turns empty without an error. */
  #refreshViews(): void {
    if (this.#control.length === 0) this.#takeViews()
  }

  #takeViews(): void {
    const { qpos, qvel, xpos, ctrl } = this.#data
    this.#state = { qpos, qvel, xpos }
    this.#control = ctrl
  }
}

function specOf(definition: LoadedDefinition, model: MjModel, timestep: number): TaskSpec {
  const { name, actionNames, observationNames, frameSkip, maxSteps } = definition
  if (model.nu !== actionNames.length)
    throw new InputError(`task ${name}: ${actionNames.length} action names, expected ${model.nu}, one an actuator`)
  const bounds = Array.from(model.actuator_ctrlrange as Float64Array)
  const actionLow = actionNames.map((_, i) => bounds[2 * i])
  const actionHigh = actionNames.map((_, i) => bounds[2 * i + 1])
  actionNames.forEach((actuator, i) => {
    if (!(actionLow[i] < actionHigh[i]))
      throw new InputError(`task ${name}: actuator ${actuator}: expected a ctrlrange, low below high`)
  })
  return { name, observationNames, actionNames, actionLow, actionHigh, period: timestep * frameSkip, maxSteps }
}
