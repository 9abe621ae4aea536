/**
 * A plant on the host in real time, its policy on the board. At each tick the observation goes out; the action that is back by the next tick is applied for the
 * period that ends there. So a run without a miss has the returns of lock-step, to the last bit.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { FAILSAFE, LATCHED } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import type { Policy } from '../../runtime-as/kernel/policy.ts'
import type { Board } from './client.ts'
import { type Plant, requireEpisodes, requireSame } from './control.ts'
import { type Spread, spreadOf } from './measure.ts'
import { RefusedError } from './refusal.ts'

/** What `driveRealTime` does. */
export interface RealTimeOptions {
  /** how many, 1 or more */
  episodes: number
  /** ticks per second, above 0 */
  hz: number
  /** what is applied until the first action comes, and while the board's failsafe stands; default: zeros */
  failsafe?: ArrayLike<number>
  /** the policy that the board runs, on the host: every action that came must have its bits */
  host?: Policy
  /** after every episode: how many are done, the last return */
  onEpisode?: (done: number, episodeReturn: number) => void
}

/** What came of `driveRealTime`. */
export interface RealTimeControl {
  /** undiscounted, one an episode */
  returns: Float64Array
  /** of all episodes */
  steps: number
  /** actions compared with the host's, number by number */
  comparedActions: number
  /** ticks whose action had not come by the next: the action before it stood on */
  misses: number
  /** ticks at which the board's failsafe stood */
  failsafes: number
  /** of the inferences, counted by the board */
  cycles: Spread
  /** milliseconds from sending an observation to having its action */
  roundTrip: Spread
  /** milliseconds of each round trip, in the order in which they came */
  roundTrips: Float64Array
  /** milliseconds between ticks, as this host kept them */
  interval: Spread
  /** milliseconds by which the intervals missed the period */
  jitter: Spread
}

/** A timer this fine costs a spinning processor; coarser ones leave the last stretch to it, in milliseconds. */
const SPIN = 2

/** Until `performance.now()` reaches `time`. What arrives meanwhile is handled. */
async function until(time: number): Promise<void> {
  const coarse = time - performance.now() - SPIN
  if (coarse > 0) await sleep(coarse)
  while (performance.now() < time) await new Promise(setImmediate)
}

/** One observation, sent; `action` is there once `done`. */
interface Ask {
  done: boolean
  /** the board's failsafe stands, and `error` says how */
  refused: boolean
  error?: unknown
  cycles: number
  roundTrip: number
}

function ask(board: Board, observation: ArrayLike<number>, action: Float32Array): Ask {
  const sent = performance.now()
  const asked: Ask = { done: false, refused: false, cycles: 0, roundTrip: 0 }
  board.step(Float64Array.from(observation), action).then(
    (cycles) => Object.assign(asked, { done: true, cycles, roundTrip: performance.now() - sent }),
    (error) => {
      const refused = error instanceof RefusedError && error.status === FAILSAFE
      Object.assign(asked, { done: true, refused, error })
    },
  )
  return asked
}

/** acted: an action has come before. A failsafe that was latched before the first one would outlast every episode */
const failed = ({ error, refused }: Ask, acted: boolean): boolean =>
  error !== undefined && !(refused && (acted || (error as RefusedError).detail !== LATCHED))

/**
 * Runs whole episodes. While an action is late no other observation is sent: the line carries one request at a time. Throws FailedError where an
 * action differs from the host's, or none came in time, RefusedError where a failsafe is latched before the first action, InputError for a rate or a
 * number of episodes that is none; whatever else the board throws
 * passes through.
 *
 * @param board runs a policy, installed by `install` or `ensureRuns`
 * @param plant what is controlled; its steps must take less than a period
 * @param options episodes, ticks per second, and whom to compare with
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { Board, driveRealTime, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * await board.install(readFileSync('student.bpd'))
 * const plant = { observation: [1, 0, 0], terminated: false, maxSteps: 10, reset() {}, step: () => 0 }
 * const { misses, jitter } = await driveRealTime(board, plant, { episodes: 1, hz: 100 })
 * console.log(misses, jitter.max) // ticks without an action in time, milliseconds
 * await board.close()
 */
export async function driveRealTime(board: Board, plant: Plant, options: RealTimeOptions): Promise<RealTimeControl> {
  const { episodes, hz, host, onEpisode } = options
  requireEpisodes(episodes)
  if (!(hz > 0 && hz < Infinity)) throw new InputError(`hz: ${hz}, expected ticks per second above 0`)
  const { policy, name } = board.info
  if (policy === undefined) throw new FailedError(`${name}: the board runs no policy`)
  const period = 1000 / hz
  const [coming, expected] = [new Float32Array(policy.actions), new Float32Array(policy.actions)]
  const failsafe = Float32Array.from(options.failsafe ?? new Float32Array(policy.actions))
  const most = episodes * plant.maxSteps
  const returns = new Float64Array(episodes)
  const cycles: number[] = []
  const roundTrips: number[] = []
  const intervals = new Float64Array(most)
  let [steps, misses, failsafes, compared] = [0, 0, 0, 0]
  for (let episode = 0; episode < episodes; episode++) {
    plant.reset(episode)
    const action = failsafe.slice()
    let asked: Ask | undefined
    let began = performance.now()
    let tick = began
    for (let step = 0; step < plant.maxSteps && !plant.terminated; step++, steps++) {
      if (asked === undefined) {
        asked = ask(board, plant.observation, coming)
        host?.stepInto(plant.observation, expected)
      }
      tick += period
      await until(tick)
      const now = performance.now()
      intervals[steps] = now - began
      began = now
      // a host that was held up does not make up for it by haste
      if (now > tick + period) tick = now
      if (!asked.done) misses++
      else {
        if (failed(asked, cycles.length > 0)) throw asked.error
        if (asked.refused) failsafes++
        else {
          if (host !== undefined) {
            requireSame(coming, expected, `${name}: episode ${episode}, step ${step}`)
            compared += coming.length
          }
          cycles.push(asked.cycles)
          roundTrips.push(asked.roundTrip)
        }
        action.set(asked.refused ? failsafe : coming)
        asked = undefined
      }
      returns[episode] += plant.step(action)
    }
    // the one that is late belongs to this episode
    while (asked !== undefined && !asked.done) await sleep(1)
    if (asked && failed(asked, cycles.length > 0)) throw asked.error
    onEpisode?.(episode + 1, returns[episode])
  }
  if (cycles.length === 0) {
    const stood = failsafes > 0 ? `: at ${failsafes} of ${steps} ticks its failsafe stood` : ''
    throw new FailedError(`${name}: no action came in time at ${hz} Hz${stood}`)
  }
  const kept = intervals.subarray(0, steps)
  return {
    returns,
    steps,
    comparedActions: compared,
    misses,
    failsafes,
    cycles: spreadOf(cycles),
    roundTrip: spreadOf(roundTrips),
    roundTrips: Float64Array.from(roundTrips),
    interval: spreadOf(kept),
    jitter: spreadOf(kept.map((interval) => Math.abs(interval - period))),
  }
}
