/** Two policies, the same task from the same start, step by step: what happens to one happens to the other. */
import { type Random, randomStream } from '../../trainer/random.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import type { Actor } from './actor.ts'
import { withAction } from './fingerprint.ts'
import { misfit } from './fit.ts'
import type { Playable, Push, Pushable } from './tasks.ts'

/** steps that the traces remember */
export const TRACE = 240

/** One of the two. */
export class Side {
  actor: Actor
  readonly place: Pushable
  /** sum of rewards in this episode */
  total = 0
  /** the task's own rule ended the episode */
  fell = false
  /** steps in this episode */
  steps = 0
  /** of every action since the last restart */
  fingerprint = 0
  /** shape (TRACE, actions): the last actions, a ring */
  readonly trace: Float32Array
  readonly #seen: Float64Array

  constructor(actor: Actor, place: Pushable) {
    this.actor = actor
    this.place = place
    const { actionNames, observationNames } = place.task.spec
    this.trace = new Float32Array(TRACE * actionNames.length)
    this.#seen = new Float64Array(observationNames.length)
  }

  reset(random: Random): void {
    this.place.push([0, 0])
    this.place.task.reset(random)
    this.total = 0
    this.steps = 0
    this.fell = false
    this.trace.fill(Number.NaN)
  }

  /** What the policy sees. noise: shape (observations), as the result, which the next call overwrites */
  see(noise: Float64Array): Float64Array {
    const { observation } = this.place.task
    for (let i = 0; i < noise.length; i++) this.#seen[i] = observation[i] + noise[i]
    return this.#seen
  }

  /** noise: added to what the policy sees, shape (observations). given: the action of one who acts elsewhere, shape (actions) */
  step(push: Push, noise: Float64Array, given?: Float32Array): void {
    if (this.fell) return
    const { task } = this.place
    this.place.push(push)
    const action = given ? this.actor.follow(given) : this.actor.act(this.see(noise))
    this.total += task.step(action)
    this.fell = task.terminated
    this.trace.set(action, (this.steps % TRACE) * action.length)
    this.fingerprint = withAction(this.fingerprint, action)
    this.steps++
  }
}

export class Lockstep {
  readonly spec: TaskSpec
  readonly sides: readonly [teacher: Side, student: Side]
  readonly seed: number
  /** counted from 0: the start states are those that `bpd eval` reports */
  episode = 0
  steps = 0
  /** standard deviation of what is added to each number that both see, in its unit */
  sigma = 0
  push: Push = [0, 0]
  /** steps since the last restart, over all episodes */
  played = 0
  /** mean difference of their actions in this episode, as a share of the ranges */
  apart = 0
  readonly #noise: Float64Array
  /** the noise of the next step is there already */
  #drawn = false
  #random!: Random

  /** Both policies fit the task. Throws InputError where they do not. */
  constructor(playable: Playable, teacher: Actor, student: Actor, seed: number) {
    this.sides = [new Side(teacher, playable.create()), new Side(student, playable.create())]
    this.spec = this.sides[0].place.task.spec
    for (const { actor } of this.sides) misfit(actor.contract, this.spec, actor.name)
    this.seed = seed
    this.#noise = new Float64Array(this.spec.observationNames.length)
    this.restart(0)
  }

  /** Begins anew with this episode: what was counted is forgotten. */
  restart(episode: number): void {
    this.played = 0
    for (const side of this.sides) side.fingerprint = 0
    this.#start(episode)
  }

  #start(episode: number): void {
    this.episode = episode
    this.steps = 0
    this.apart = 0
    this.#drawn = false
    this.#random = randomStream(this.seed, 'noise', episode)
    for (const side of this.sides) side.reset(randomStream(this.seed, 'report', episode))
  }

  get over(): boolean {
    return this.steps >= this.spec.maxSteps || this.sides.every(({ fell }) => fell)
  }

  /** So many steps; where an episode is over the next one begins. */
  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      if (this.over) this.#start(this.episode + 1)
      this.#step()
    }
  }

  /** What the student sees in the next step, shape (observations): for who acts in its place. */
  see(): Float64Array {
    this.#disturb()
    return this.sides[1].see(this.#noise)
  }

  /** One step in which the student's action comes from elsewhere: a board. */
  follow(given: Float32Array): void {
    this.#step(given)
  }

  /** Once a step: who asks first draws it. */
  #disturb(): void {
    if (this.#drawn) return
    this.#drawn = true
    const { sigma } = this
    for (let i = 0; i < this.#noise.length; i++) this.#noise[i] = sigma > 0 ? sigma * this.#random.normal() : 0
  }

  #step(given?: Float32Array): void {
    this.#disturb()
    this.#drawn = false
    this.sides[0].step(this.push, this.#noise)
    this.sides[1].step(this.push, this.#noise, given)
    const [a, b] = this.sides.map(({ actor }) => actor.action)
    const { actionLow, actionHigh } = this.spec
    const apart = a.reduce((sum, x, i) => sum + Math.abs(x - b[i]) / (actionHigh[i] - actionLow[i]), 0) / a.length
    this.apart += (apart - this.apart) / (this.steps + 1)
    this.steps++
    this.played++
  }

  close(): void {
    for (const { place } of this.sides) place.task.close?.()
  }
}
