/** An episode of the stage's task through the board, each action held equal to this page's own, and what the line took. */
import type { Board } from '../../firmware-bridge/host/client.ts'
import { drive, type Plant } from '../../firmware-bridge/host/control.ts'
import { spreadOf } from '../../firmware-bridge/host/measure.ts'
import { driveRealTime } from '../../firmware-bridge/host/realtime.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { el, say, table } from '../dom.ts'
import type { Actor } from '../run/actor.ts'
import type { Driver, Stage } from '../stage.ts'
import { duration, grouped } from '../words.ts'
import { histogram } from './histogram.ts'

/** steps between two looks at the figures */
const TOLD = 10

class Stopped extends Error {}

export class Drive implements Driver {
  /** the figures, as they come */
  readonly view: HTMLElement
  /** once it has ended; throws what the board throws */
  readonly done: Promise<void>
  readonly #canvas = el('canvas', {
    role: 'img',
    'aria-label': 'Histogram of the latency; the figures are in the table',
  })
  readonly #figures = el('div')
  readonly #told = el('p', { class: 'hint' })
  readonly #stage: Stage
  readonly #clockHz: number
  readonly #latencies: number[] = []
  readonly #cycles: number[] = []
  readonly #jitters: number[] = []
  #stopped: { why: string } | undefined
  #misses = 0
  #steps = 0

  constructor(board: Board, stage: Stage, actor: Actor, realTime: boolean) {
    this.#stage = stage
    this.#clockHz = board.info.clockHz
    this.view = el(
      'div',
      { class: 'plot' },
      el('h4', {}, 'From observation to action, milliseconds'),
      this.#canvas,
      this.#figures,
      this.#told,
    )
    this.done = this.#run(board, actor, realTime)
  }

  stop(why = ''): void {
    this.#stopped ??= { why }
  }

  async #run(board: Board, actor: Actor, realTime: boolean): Promise<void> {
    const stage = this.#stage
    stage.give(this)
    const host = loadPolicy(actor.bytes, actor.name)
    const plant = this.#plant(realTime)
    const watched = this.#watched(board)
    try {
      const hz = 1 / stage.pair!.spec.period
      const compared = realTime
        ? await driveRealTime(watched, plant, { episodes: 1, hz, host }).then((found) => {
            this.#misses = found.misses
            return found.comparedActions
          })
        : (await drive(watched, plant, { episodes: 1, host })).comparedActions
      say(
        this.#told,
        `${grouped(compared)} of ${grouped(compared)} numbers of actions equal to this page's, bit for bit.`,
      )
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
      say(
        this.#told,
        `Stopped after ${grouped(this.#steps)} steps${error.message}, every action equal to this page's until then.`,
      )
    } finally {
      this.#tell(realTime)
      stage.giveBack(this)
    }
  }

  /** The student side of the pair that it begins with; what is done to it by hand is done here too. */
  #plant(realTime: boolean): Plant {
    const pair = this.#stage.pair!
    const side = pair.sides[1]
    // its own: the task's is gone once another one is opened
    const observation = pair.see().slice()
    let before = performance.now()
    return {
      observation,
      get terminated() {
        return side.fell
      },
      maxSteps: pair.spec.maxSteps,
      reset: () => {},
      step: (action) => {
        if (this.#stopped) throw new Stopped(this.#stopped.why && ` as ${this.#stopped.why}`)
        const now = performance.now()
        if (realTime) this.#jitters.push(Math.abs(now - before - 1000 * pair.spec.period))
        before = now
        const total = side.total
        pair.follow(Float32Array.from(action))
        observation.set(pair.see())
        this.#steps++
        this.#stage.followed()
        if (pair.steps % TOLD === 0) this.#tell(realTime)
        return side.total - total
      },
    }
  }

  /** The same board, its steps timed. */
  #watched(board: Board): Board {
    const step = async (observation: ArrayLike<number>, action: Float32Array) => {
      const sent = performance.now()
      const cycles = await board.step(observation, action)
      this.#latencies.push(performance.now() - sent)
      this.#cycles.push(cycles)
      return cycles
    }
    return { info: board.info, step } as unknown as Board
  }

  #tell(realTime: boolean): void {
    if (this.#latencies.length === 0) return
    histogram(this.#canvas, this.#latencies)
    const [latency, cycles] = [spreadOf(this.#latencies), spreadOf(this.#cycles)]
    const time = (milliseconds: number) => duration(milliseconds / 1000)
    const rows = [
      ['steps', grouped(latency.count), ''],
      ['round trip', time(latency.median), `${time(latency.p99)}, ${time(latency.max)}`],
      ['inference', `${grouped(cycles.median)} cycles`, `${grouped(cycles.p99)}, ${grouped(cycles.max)}`],
      ['its time', duration(cycles.median / this.#clockHz), duration(cycles.max / this.#clockHz)],
    ]
    if (realTime && this.#jitters.length > 0) {
      const jitter = spreadOf(this.#jitters)
      rows.push(
        ['jitter', time(jitter.median), `${time(jitter.p99)}, ${time(jitter.max)}`],
        ['misses', grouped(this.#misses), ''],
      )
    }
    this.#figures.replaceChildren(table('Median, then 99 of 100 and the most', ['', 'median', '99 %, most'], rows))
  }
}
