/** The memory of one trainer, laid out: everything at the same address for every thread. */
import type { StepConfig } from '../config.ts'
import type { Kernels } from '../kernels.ts'
import { Arena, firstRow, type Matrix } from '../layout.ts'
import { Actor, type ActorPass } from './actor.ts'
import { controlBytes } from './control.ts'
import { type CriticPass, Critics } from './critics.ts'
import { Lane, type Minibatch, type Rows } from './lane.ts'
import type { Share } from './optimiser.ts'

/** One part of the batch, whoever works on it. The minibatch's matrices have one row a transition. */
export interface Chunk extends Minibatch {
  /** its place among the chunks */
  c: number
  rows: number
  /** addresses of two generators' states: of the transitions, of the noise */
  sampler: number
  generator: number
  actor: ActorPass
  critics: CriticPass
  /** of the loss terms of the last step, in f64 from the memory's beginning */
  sums: number
}

/** What a chunk's sums are of, in this order. */
export const sums = { criticError: 0, q: 1, absoluteQ: 2, cloneError: 3, size: 8 } as const

export class StepMemory {
  readonly config: StepConfig
  /** addresses: of the control block, of the transitions */
  readonly control: number
  readonly data: number
  readonly actor: Actor
  readonly critics: Critics
  readonly chunks: Chunk[]
  /** a single one, to act on: the first of the first chunk's states */
  readonly observation: Matrix
  /** bytes of one transition: state, action, reward, next state, terminal, and the action to clone where that is apart */
  readonly rowBytes: number
  readonly bytes: number
  readonly #wide: boolean
  readonly #zeros: Matrix
  readonly #edges: number[]
  readonly #rows: Rows

  /** data: where transitions of the same sizes already lie, in a memory that is used again */
  constructor(config: StepConfig, wide: boolean, data?: number) {
    const { observationSize, actionSize, batchSize, chunks } = config
    this.config = config
    this.#wide = wide
    const arena = new Arena()
    this.control = arena.take(controlBytes)
    const sumsAt = arena.take(chunks * sums.size * 8)
    const outputs = actionSize * (config.gaussian ? 2 : 1)
    this.#zeros = arena.matrix(
      1,
      Math.max(observationSize + actionSize, outputs, ...config.hidden, ...config.criticHidden),
    )
    const numbered = Array.from({ length: chunks }, (_, c) => c)
    this.#edges = numbered.map(() => arena.take(512))
    const rows = numbered.map((c) => Math.floor((batchSize + c) / chunks))
    this.actor = new Actor(config, arena, rows)
    this.critics = new Critics(config, arena, rows)
    this.chunks = numbered.map((c) => {
      const action = arena.matrix(rows[c], actionSize)
      return {
        c,
        rows: rows[c],
        sampler: arena.take(64),
        generator: arena.take(64),
        index: arena.column(rows[c]),
        state: arena.matrix(rows[c], observationSize),
        action,
        wanted: config.targetApart ? arena.matrix(rows[c], actionSize) : action,
        reward: arena.column(rows[c]),
        next: arena.matrix(rows[c], observationSize),
        terminal: arena.column(rows[c]),
        actor: this.actor.passes[c],
        critics: this.critics.passes[c],
        sums: sumsAt / 8 + c * sums.size,
      }
    })
    this.observation = firstRow(this.chunks[0].state)
    this.rowBytes = (2 * observationSize + actionSize + 2 + (config.targetApart ? actionSize : 0)) * 4
    if (data !== undefined) {
      if (arena.size > data) throw new Error(`${arena.size} bytes of parameters, and transitions from byte ${data} on`)
      arena.size = data
    }
    this.data = arena.take(config.capacity * this.rowBytes)
    this.#rows = { at: this.data, stride: this.rowBytes }
    this.bytes = arena.size + 4096
  }

  /** The lane of one of so many threads, of which there are at most as many as chunks. */
  lane(kernels: Kernels, buffer: SharedArrayBuffer, { thread, threads }: Share): Lane {
    const [wide, zeros, edge] = [this.#wide, this.#zeros, this.#edges[thread]]
    return new Lane({ kernels, buffer, wide, zeros, edge, thread, threads })
  }

  /** Draws a chunk's part of a minibatch from the first `count` transitions; of those, without a value term, only state and action. */
  draw(lane: Lane, chunk: Chunk, count: number, withValue: boolean): void {
    lane.gather(chunk, this.#rows, chunk.sampler, count)
    if (withValue) lane.gatherNext(chunk, this.#rows)
    if (this.config.targetApart) lane.gatherWanted(chunk, this.#rows)
  }
}
