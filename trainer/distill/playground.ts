/** Where a student may act itself: a task with its simulator, and a teacher that says what it would have done. Whatever comes of it is not offline. */
import { InputError } from '../../runtime-as/errors.ts'
import { type Contract, type Network, weightCount } from '../../runtime-as/format/network.ts'
import { EpisodePool } from '../data/episode-pool.ts'
import { collectOwnStates } from '../data/episodes.ts'
import { type OwnEpisode, type RewardFloor, teacherFloor } from '../data/own-states.ts'
import { randomStream } from '../random.ts'
import { search } from '../search/search.ts'
import { Survivors } from '../search/survivors.ts'
import { createTask, prepareTask } from '../tasks/registry.ts'
import type { TaskSpec } from '../tasks/task.ts'
import { actingBytes, controllerWithin } from '../teachers/policy.ts'
import type { Teacher } from '../teachers/teacher.ts'
import { weightedRows } from './lost-rows.ts'
import { passesOf } from './search-passes.ts'
import type { Normaliser } from './student.ts'

/** A task by its name. */
export interface Simulator {
  taskName: string
  /** threads that play; the result does not depend on it */
  workers: number
}

/** What a search is about beside the student. */
export interface SearchedFile {
  /** of the student's file */
  contract: Contract
  /** observations whose actions it promises */
  golden: Float32Array[]
}

/** What a search came to. */
export interface Found {
  network: Network
  /** whether that is another one than it began with */
  rose: boolean
  /** of the environment */
  steps: number
}

export class Playground {
  readonly #simulator: Simulator
  readonly #teacher: Teacher | undefined
  readonly #seed: number
  readonly #file: SearchedFile
  #pool?: EpisodePool
  #opened?: { spec: TaskSpec; floor: RewardFloor; labeller: Uint8Array }
  /** mean over the teacher's episodes, once it is open */
  teacherReturn?: number

  /** The task must be prepared. teacher: for `visit` */
  constructor(simulator: Simulator, teacher: Teacher | undefined, file: SearchedFile, seed: number) {
    this.#simulator = simulator
    this.#teacher = teacher
    this.#file = file
    this.#seed = seed
  }

  /** Before the first visit: lets the teacher play, to know when a student has lost its way. Gives the steps that it took. */
  async open(): Promise<number> {
    const teacher = this.#teacher
    if (!teacher) throw new InputError('own states: expected a teacher, to label them')
    const task = createTask(this.#simulator.taskName)
    const { spec } = task
    const { floor, steps, meanReturn } = await teacherFloor(task, controllerWithin(teacher, spec), this.#seed)
    task.close?.()
    this.#opened = { spec, floor, labeller: actingBytes(teacher, spec) }
    this.teacherReturn = meanReturn
    return steps
  }

  /**
   * States that a student visits, labelled by the teacher: shape (rows, observations + actions), an environment step each.
   *
   * @param student a .bpd file
   * @param round of this distillation; each has other episodes
   * @param lostWeight how often those count that lead to a fall or to being given up
   */
  async visit(
    student: Uint8Array,
    round: number,
    { rows, lostWeight }: { rows: number; lostWeight: number },
  ): Promise<Float32Array> {
    if (!this.#opened) throw new Error('a playground that is not open')
    const { spec, floor, labeller } = this.#opened
    const { taskName, workers } = this.#simulator
    this.#pool ??= new EpisodePool(taskName, workers)
    const actors = { policy: student, labeller }
    const wanted = { rows, seed: this.#seed, round, floor }
    const episodes: OwnEpisode[] = []
    for await (const episode of collectOwnStates(this.#pool, spec, actors, wanted)) episodes.push(episode)
    return weightedRows(episodes, spec.observationNames.length + spec.actionNames.length, lostWeight)
  }

  /** Searches on the return from this student, for at most so many episodes; the mask stays. */
  async search(student: Network, normaliser: Normaliser, episodes: number, signal?: AbortSignal): Promise<Found> {
    const { taskName, workers } = this.#simulator
    await prepareTask(taskName)
    const about = { taskName, ...this.#file, normaliser }
    const found: Found = { network: student, rose: false, steps: 0 }
    for (const [pass, options] of passesOf(episodes).entries()) {
      // a chain of searches meets other start states in each
      const seed = randomStream(this.#seed, 'distill', 'search', weightCount(student), pass).uint32()
      const { network, bestOf, steps } = await search(
        new Survivors(found.network),
        about,
        { ...options, seed },
        { workers, signal },
      )
      found.network = network
      found.rose ||= bestOf !== 'start'
      found.steps += steps
    }
    return found
  }

  async close(): Promise<void> {
    await this.#pool?.close()
  }
}
