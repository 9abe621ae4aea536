/** How long a distillation will take still, from how long it has taken. */
import type { DistillOptions } from './options.ts'

export class Estimate {
  /** work that was done before this process began */
  #before = 0
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

  /** Says what a run that goes on has done already; tuned: how many of the cuts or stages. */
  goesOnFrom(step: number, tuned: number): void {
    this.#before = this.#work(step, tuned)
  }

  /** Seconds; undefined until this process has done something. */
  left(step: number, tuned = 0): number | undefined {
    const done = this.#work(step, tuned)
    if (done <= this.#before) return undefined
    const all = this.#work(this.#steps, this.#updates.length)
    return ((performance.now() - this.#started) / 1000 / (done - this.#before)) * (all - done)
  }

  #work(step: number, tuned: number): number {
    return this.#updates.slice(0, tuned).reduce((sum, updates) => sum + this.#cost * updates, step)
  }
}
