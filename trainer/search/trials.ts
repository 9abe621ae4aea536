/**
 * Episodes of networks that differ in their parameters alone, in worker threads, an environment each. An episode draws from a random stream of
 * its own and depends on nothing that was played before, so it matters to no result who plays it.
 */
import { extname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { Contract, Network } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { AskedWorker } from '../data/asked-worker.ts'
import { Interrupted } from '../interrupted.ts'
import { type Controller, controllerOf, type Outcome, playEpisode } from '../tasks/evaluate.ts'
import { createTask, mayHang } from '../tasks/registry.ts'
import { Survivors } from './survivors.ts'

/** What all trials have in common. */
export interface TrialSetting {
  taskName: string
  /** whose weights are those that may differ */
  template: Network
  contract: Contract
  /** observations of the file that a network acts through */
  golden: Float32Array[]
}

/** One episode to play: who acts, and from where. */
export interface Trial {
  /** of `Survivors` */
  parameters: Float64Array
  seed: number
  purpose: string
  episode: number
  /** whether the observations are wanted */
  observed?: boolean
}

export interface TrialOutcome extends Outcome {
  /** of the environment */
  steps: number
  /** those acted on, shape (steps, observations) */
  observations?: Float32Array<ArrayBuffer>
}

export type TrialRunner = (trial: Trial) => TrialOutcome

/** What is played is a network's file, by the kernel that boards run: 2 ms a network, 1 % of an episode of Hopper. */
export function trialRunner({ taskName, template, contract, golden }: TrialSetting): TrialRunner {
  const task = createTask(taskName)
  const survivors = new Survivors(template)
  const { maxSteps, observationNames } = task.spec
  const width = observationNames.length
  return ({ parameters, seed, purpose, episode, observed }) => {
    const act = controllerOf(loadPolicy(encodePolicy(survivors.networkAt(parameters), contract, golden)))
    const seen = observed ? new Float32Array(maxSteps * width) : undefined
    let steps = 0
    const counted: Controller = (observation, action) => {
      seen?.set(observation, steps * width)
      steps++
      act(observation, action)
    }
    const outcome = playEpisode(task, counted, seed, purpose, episode)
    return { ...outcome, steps, ...(seen && { observations: seen.slice(0, steps * width) }) }
  }
}

/** Plays trials, until it is closed. The task must be prepared. */
export class Trials {
  readonly #threads: AskedWorker[]
  readonly #players: ((trial: Trial) => Promise<TrialOutcome>)[]
  readonly #signal?: AbortSignal

  constructor(setting: TrialSetting, workers: number, signal?: AbortSignal) {
    this.#signal = signal
    const here = workers === 1 && !mayHang(setting.taskName)
    this.#threads = Array.from({ length: here ? 0 : workers }, () => newThread(setting))
    this.#players = here ? [playerHere(setting)] : this.#threads.map((thread) => (trial) => thread.ask(trial))
  }

  /** What came of each, in their order. Throws Interrupted where the signal was aborted before all were played. */
  async play(trials: readonly Trial[]): Promise<TrialOutcome[]> {
    const outcomes: TrialOutcome[] = []
    let next = 0
    const work = async (player: (trial: Trial) => Promise<TrialOutcome>) => {
      while (next < trials.length && !this.#signal?.aborted) {
        const mine = next++
        outcomes[mine] = await player(trials[mine])
      }
    }
    await Promise.all(this.#players.map(work))
    if (this.#signal?.aborted) throw new Interrupted('interrupted')
    return outcomes
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

function playerHere(setting: TrialSetting): (trial: Trial) => Promise<TrialOutcome> {
  const run = trialRunner(setting)
  return async (trial) => {
    // Ctrl-C is heard between episodes
    await turn()
    return run(trial)
  }
}

const newThread = (setting: TrialSetting): AskedWorker =>
  new AskedWorker(new URL(`./trial-worker${extname(import.meta.url)}`, import.meta.url), setting, setting.taskName)
