/** Soft actor-critic in the trainer's place: the same memory and networks, with the steps of `step/sac.ts`. */
import type { Random } from '../random.ts'
import type { StepConfig } from './config.ts'
import { SoftStep } from './step/sac.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

export class SoftActorCritic extends Trainer {
  readonly #step: SoftStep

  constructor(config: StepConfig, options: Omit<TrainerOptions, 'threads' | 'replay'>) {
    super({ ...config, gaussian: true, policyDelay: 1 }, { ...options, threads: 1 })
    this.#step = new SoftStep(this.memory, this.lane)
  }

  get alpha(): number {
    return this.#step.alpha
  }

  protected override advance(n: number): void {
    const first = this.stepsDone
    for (let t = first + 1; t <= first + n; t++) this.#step.run(t, this.count)
    this.storeLosses(this.#step.losses)
  }

  /** An action as the policy draws it, for acting while learning. */
  explore(observation: ArrayLike<number>, action: Float32Array, random: Random): void {
    this.#step.explore(observation, action, random)
  }

  override save(): Uint8Array {
    const { temperature } = this.#step
    const memory = super.save()
    const whole = new Uint8Array(memory.length + temperature.byteLength)
    whole.set(memory)
    whole.set(new Uint8Array(temperature.buffer), memory.length)
    return whole
  }

  override restore(state: Uint8Array): void {
    const { temperature } = this.#step
    const at = state.length - temperature.byteLength
    super.restore(state.subarray(0, at))
    new Uint8Array(temperature.buffer).set(state.subarray(at))
  }
}
