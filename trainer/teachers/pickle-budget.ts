/** What reading pickles may take: one for a file, however many pickles it holds. Real ones take some 2,000 steps and 200 KB. */
import { InputError } from '../../runtime-as/errors.ts'

const limits = { opcodes: 200_000, objects: 50_000, 'bytes of memory': 16 << 20, 'marks within one another': 200 }

/** bytes that V8 takes, rounded up: a place on a stack, in a list or under a number; an object with what it begins with */
const placeBytes = 16
const objectBytes = 256

export class PickleBudget {
  readonly #used = { opcodes: 0, objects: 0, 'bytes of memory': 0 }
  readonly #name: string

  /** name: how errors call the file */
  constructor(name: string) {
    this.#name = name
  }

  /** An opcode, which puts at most one value somewhere; count: as much work as so many. */
  step(count = 1): void {
    this.#spend('opcodes', count)
    this.#spend('bytes of memory', count * placeBytes)
  }

  /** letters: of a text */
  object(letters = 0): void {
    this.#spend('objects', 1)
    this.#spend('bytes of memory', objectBytes + 2 * letters)
  }

  depth(marks: number): void {
    if (marks > limits['marks within one another']) this.#refuse('marks within one another')
  }

  #spend(what: Exclude<keyof typeof limits, 'marks within one another'>, amount: number): void {
    this.#used[what] += amount
    if (this.#used[what] > limits[what]) this.#refuse(what)
  }

  #refuse(what: keyof typeof limits): never {
    throw new InputError(`${this.#name}: pickle: needs more than ${limits[what]} ${what}: no teacher does`)
  }
}
