/** An environment that somebody else wrote, as a `Task`: what it throws and what it gives is told in one line. */
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { brief } from '../../files/brief.ts'
import type { Random } from '../../random.ts'
import { randomStream } from '../../random.ts'
import type { Task, TaskSpec } from '../task.ts'
import type { Environment } from './definition.ts'
import { faultOf } from './fault.ts'

export class CheckedTask implements Task {
  readonly spec: TaskSpec
  readonly observation: Float64Array
  terminated = false
  readonly #environment: Environment
  readonly #file: string
  #steps = 0

  /** file: how errors call where the environment comes from */
  constructor(spec: TaskSpec, environment: Environment, file: string) {
    this.spec = spec
    this.observation = new Float64Array(spec.observationNames.length)
    this.#environment = environment
    this.#file = file
  }

  /** Throws FailedError. */
  reset(random: Random): void {
    this.#steps = 0
    try {
      this.#environment.reset(random)
    } catch (error) {
      this.#threw('reset', error)
    }
    this.#take('after reset')
  }

  /** Throws FailedError. */
  step(action: Float32Array): number {
    this.#steps++
    let reward: unknown
    try {
      reward = this.#environment.step(action)
    } catch (error) {
      this.#threw('step', error)
    }
    if (typeof reward !== 'number' || !fits(reward))
      this.#fail(`reward ${brief(reward)} ${this.#when()}, expected ${fitting(reward)}`)
    this.#take(this.#when())
    return reward as number
  }

  close(): void {
    this.#environment.close?.()
  }

  #take(when: string): void {
    const { observation, terminated } = this.#environment
    const { observationNames } = this.spec
    const length = observation?.length
    if (length !== observationNames.length)
      this.#fail(`observation of ${brief(length)} numbers ${when}, expected ${observationNames.length}, one a name`)
    for (let i = 0; i < length; i++) {
      const value = observation[i]
      if (typeof value !== 'number' || !fits(value))
        this.#fail(`observation "${observationNames[i]}" ${brief(value)} ${when}, expected ${fitting(value)}`)
      this.observation[i] = value
    }
    if (typeof terminated !== 'boolean') this.#fail(`terminated ${brief(terminated)} ${when}, expected true or false`)
    if (terminated && this.#steps === 0) this.#fail('terminated true after reset, expected an episode that begins')
    this.terminated = terminated
  }

  #when(): string {
    return `after step ${this.#steps} of an episode`
  }

  #threw(where: string, error: unknown): never {
    // of the process behind it, which names itself
    if (error instanceof FailedError || error instanceof InputError) throw error
    this.#fail(`${where}: threw ${faultOf(error)}`)
  }

  #fail(what: string): never {
    throw new FailedError(`${this.#file}: ${what}`)
  }
}

/** Policies and transitions are of f32. */
const fits = (x: number): boolean => Number.isFinite(Math.fround(x))
const fitting = (x: unknown): string => (Number.isFinite(x) ? 'a number that fits into f32' : 'a finite number')

/** A reset and a step with the middle of every action, before anything depends on them. Throws InputError. */
export function tryOut(task: Task): void {
  const { actionLow, actionHigh } = task.spec
  try {
    task.reset(randomStream(0, 'try'))
    task.step(Float32Array.from(actionLow, (low, i) => (low + actionHigh[i]) / 2))
  } catch (error) {
    throw error instanceof FailedError ? new InputError(error.message) : error
  } finally {
    task.close?.()
  }
}
