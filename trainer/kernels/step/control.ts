/** The control block: what the threads of a trainer tell each other, in words of the shared memory. */
import { type NoiseMode, noiseModes, type StepConfig } from '../config.ts'
import type { ActorUpdate } from './actor.ts'
import { noiseFormulas } from './noise.ts'

/** Index of each word, i32; the first three are in cache lines of their own. */
export const words = {
  command: 0,
  arrived: 16,
  generation: 32,
  /** steps done */
  first: 48,
  /** steps to do */
  steps: 49,
  /** transitions to draw from */
  count: 50,
  mode: 51,
  masked: 52,
  criticUpdates: 53,
  actorUpdates: 54,
  /** 1: with the value term and the critics */
  value: 55,
} as const

/** Index, in f64, of the factor on the actor's learning rate, and of by how much L1 shrinks each weight. */
export const numbers = { rateFactor: 28, shrinkage: 29 } as const

export const controlBytes = 256

/** What the next steps are asked to be. */
export interface StepSettings extends ActorUpdate {
  withValue: boolean
  /** its learning rate now */
  actorRate: number
}

export class Control {
  readonly words: Int32Array
  readonly numbers: Float64Array

  constructor(buffer: SharedArrayBuffer, at: number) {
    this.words = new Int32Array(buffer, at, controlBytes / 4)
    this.numbers = new Float64Array(buffer, at, controlBytes / 8)
  }

  get mode(): NoiseMode {
    return noiseModes[this.words[words.mode]]
  }

  settings({ actorRate }: StepConfig): StepSettings {
    const withValue = this.words[words.value] !== 0
    return {
      withValue,
      withTarget: withValue,
      noise: noiseFormulas[this.mode],
      masked: this.words[words.masked] !== 0,
      actorRate: actorRate * this.numbers[numbers.rateFactor],
      shrinkage: this.numbers[numbers.shrinkage],
    }
  }

  /** Every thread waits for the last: briefly awake, then asleep. */
  barrier(threads: number): void {
    if (threads === 1) return
    const block = this.words
    const generation = Atomics.load(block, words.generation)
    if (Atomics.add(block, words.arrived, 1) === threads - 1) {
      Atomics.store(block, words.arrived, 0)
      Atomics.add(block, words.generation, 1)
      Atomics.notify(block, words.generation)
      return
    }
    for (let spin = 0; spin < 5000; spin++) if (Atomics.load(block, words.generation) !== generation) return
    while (Atomics.load(block, words.generation) === generation) Atomics.wait(block, words.generation, generation)
  }

  /** Wakes the threads that wait for a command: to run the steps asked for. */
  start(): void {
    Atomics.add(this.words, words.command, 1)
    Atomics.notify(this.words, words.command)
  }

  /** Tells them to end. */
  stop(): void {
    Atomics.store(this.words, words.command, -1)
    Atomics.notify(this.words, words.command)
  }

  /** Calls `run` at every `start`, until `stop`. */
  follow(run: () => void): void {
    for (let seen = 0; ; ) {
      Atomics.wait(this.words, words.command, seen)
      const command = Atomics.load(this.words, words.command)
      if (command === seen) continue
      if (command < 0) return
      seen = command
      run()
    }
  }
}
