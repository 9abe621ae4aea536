/** A plant on the host, its policy on the board, in lock-step: each action is checked against the host's, bit for bit. */
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import type { Policy } from '../../runtime-as/kernel/policy.ts'
import type { Board } from './client.ts'
import { type Spread, spreadOf } from './measure.ts'

/** What is controlled. Its observation is overwritten in place by `reset` and `step`. */
export interface Plant {
  /** shape (observations), in the units of the policy's contract */
  readonly observation: ArrayLike<number>
  /** true when the last step ended the episode */
  readonly terminated: boolean
  /** steps after which an episode is cut */
  readonly maxSteps: number
  /**
   * Puts the plant into the start state of an episode.
   *
   * @param episode counted from 0
   */
  reset(episode: number): void
  /**
   * Applies an action for one control period; returns the reward.
   *
   * @param action shape (actions), in the units of the policy's contract
   */
  step(action: ArrayLike<number>): number
}

/** What `drive` does. */
export interface ControlOptions {
  /** how many, 1 or more */
  episodes: number
  /** the policy that the board runs, on the host: every action must have its bits. Absent: nothing is compared */
  host?: Policy
  /** after every episode: how many are done, the last return */
  onEpisode?: (done: number, episodeReturn: number) => void
}

/** What came of `drive`. */
export interface Control {
  /** undiscounted, one an episode */
  returns: Float64Array
  /** of all episodes */
  steps: number
  /** actions compared with the host's, number by number; all of them were equal, or `drive` would have thrown */
  comparedActions: number
  /** of the inferences, counted by the board */
  cycles: Spread
  /** milliseconds from sending an observation to having its action: inference, line and host together */
  roundTrip: Spread
  /** milliseconds of each, in order */
  roundTrips: Float64Array
}

/**
 * Runs whole episodes. Throws FailedError, with episode, step and both values, where the board's action differs from the host's, InputError
 * for a number of episodes that is none; whatever the board throws passes through. The plant's steps wait for the board: this is lock-step, not
 * real time.
 *
 * @param board runs a policy, installed by `install` or `ensureRuns`
 * @param plant what is controlled
 * @param options episodes, and whom to compare with
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { loadPolicy } from 'bpd'
 * import { Board, drive, openPort } from 'bpd/board'
 *
 * const bytes = readFileSync('student.bpd')
 * const board = await Board.connect(await openPort('in-process'))
 * await board.install(bytes)
 * // a plant that stands still: yours reads sensors and moves motors
 * const plant = { observation: [1, 0, 0], terminated: false, maxSteps: 10, reset() {}, step: () => 0 }
 * const { comparedActions } = await drive(board, plant, { episodes: 1, host: loadPolicy(bytes) })
 * console.log(comparedActions) // => 10
 * await board.close()
 */
export async function drive(board: Board, plant: Plant, options: ControlOptions): Promise<Control> {
  const { episodes, host, onEpisode } = options
  requireEpisodes(episodes)
  const { policy, name } = board.info
  if (policy === undefined) throw new FailedError(`${name}: the board runs no policy`)
  const action = new Float32Array(policy.actions)
  const expected = new Float32Array(policy.actions)
  const returns = new Float64Array(episodes)
  const cycles = new Float64Array(episodes * plant.maxSteps)
  const roundTrip = new Float64Array(episodes * plant.maxSteps)
  let steps = 0
  for (let episode = 0; episode < episodes; episode++) {
    plant.reset(episode)
    for (let step = 0; step < plant.maxSteps && !plant.terminated; step++, steps++) {
      const sent = performance.now()
      cycles[steps] = await board.step(plant.observation, action)
      roundTrip[steps] = performance.now() - sent
      if (host !== undefined) {
        host.stepInto(plant.observation, expected)
        requireSame(action, expected, `${name}: episode ${episode}, step ${step}`)
      }
      returns[episode] += plant.step(action)
    }
    onEpisode?.(episode + 1, returns[episode])
  }
  return {
    returns,
    steps,
    comparedActions: host === undefined ? 0 : steps * action.length,
    cycles: spreadOf(cycles.subarray(0, steps)),
    roundTrip: spreadOf(roundTrip.subarray(0, steps)),
    roundTrips: roundTrip.slice(0, steps),
  }
}

/** Throws InputError for what is no number of episodes. */
export function requireEpisodes(episodes: number): void {
  if (!Number.isSafeInteger(episodes) || episodes < 1)
    throw new InputError(`episodes: ${episodes}, expected a whole number, 1 or more`)
}

/** Throws FailedError where a number differs in a bit. */
export function requireSame(there: Float32Array, here: Float32Array, where: string): void {
  const [a, b] = [new Uint32Array(there.buffer), new Uint32Array(here.buffer)]
  const hex = (bits: number) => `0x${bits.toString(16).padStart(8, '0')}`
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue
    throw new FailedError(`${where}: action ${i} is ${hex(a[i])} on the board, ${hex(b[i])} on the host`)
  }
}
