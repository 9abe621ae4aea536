/** How long a distillation will take still, from how long it has taken. */
import type { DistillOptions } from './options.ts'

export class Estimate {
  /** step that this process began at */
  begun = 0
  readonly #started = performance.now()
  readonly #steps: number
  readonly #updates: readonly number[]
  readonly #cost: number

  /** updates: of each cut or stage */
  constructor({ steps, policyDelay, tuneWithValue, valueWeight }: DistillOptions, updates: readonly number[]) {
    this.#steps = steps
    this.#updates = updates
    // without critics, and without the units that pruning emptied, tuning is a small part of the work of as many steps
    this.#cost = policyDelay * (tuneWithValue ? 1 : valueWeight > 0 ? 0.05 : 0.3)
  }

  /** Seconds; tuned: how many of the cuts or stages are done. */
  left(step: number, tuned = 0): number {
    const all = this.#work(this.#updates.length)
    const done = step + this.#work(tuned)
    return ((performance.now() - this.#started) / 1000 / Math.max(done - this.begun, 1)) * (this.#steps + all - done)
  }

  #work(tuned: number): number {
    return this.#updates.slice(0, tuned).reduce((sum, updates) => sum + this.#cost * updates, 0)
  }
}
