/** Every student of the task on one slider, from the dense teacher to the fewest weights, switched while the robot runs. */
import { byId, say } from './dom.ts'
import { Actor } from './run/actor.ts'
import { cut } from './run/cut.ts'
import { fault, type Stage } from './stage.ts'
import { grouped, reasonOf } from './words.ts'

/** fewer are not worth a cut */
const LEAST = 8

/** A student that can be chosen: it becomes an actor when it is. */
export type Choice = Pick<Actor, 'name' | 'bytes' | 'weights' | 'crc'>

export class Weights {
  readonly #stage: Stage
  readonly #slider = byId<HTMLInputElement>('sweep')
  /** the teacher first, then by weights, the most first */
  #choices: Choice[] = []

  constructor(stage: Stage) {
    this.#stage = stage
    this.#slider.addEventListener('input', () => this.#choose(Number(this.#slider.value)))
    byId('cut').addEventListener('click', () => this.#halve())
  }

  /** The students of the task that was opened. */
  open(students: readonly Actor[]): void {
    const { pair } = this.#stage
    if (!pair) return
    this.#choices = [pair.sides[0].actor]
    for (const student of students) this.#add(student)
    this.#show(pair.sides[1].actor)
  }

  /** One more of this task, which takes over. Throws InputError where it does not fit. */
  take(actor: Actor): void {
    this.#stage.take(actor)
    this.#show(this.#add(actor))
  }

  /** One more of this task, to be chosen. */
  offer(choice: Choice): void {
    this.#add(choice)
  }

  /** Itself, or the one that is there already. */
  #add(choice: Choice): Choice {
    const same = this.#choices.find(({ crc, bytes }) => crc === choice.crc && bytes.length === choice.bytes.length)
    if (same) return same
    const [teacher, ...students] = this.#choices
    students.push(choice)
    students.sort((a, b) => b.weights - a.weights || b.bytes.length - a.bytes.length)
    this.#choices = [teacher, ...students]
    return choice
  }

  #choose(place: number): void {
    const choice = this.#choices[place]
    if (!choice) return
    try {
      // a memory of its own each time: the teacher stands on the other side too
      this.#stage.take(new Actor(choice.bytes, choice.name))
      this.#show(choice)
    } catch (error) {
      fault(reasonOf(error))
    }
  }

  #show(choice: Choice): void {
    const place = this.#choices.indexOf(choice)
    this.#slider.max = String(this.#choices.length - 1)
    this.#slider.value = String(place)
    const text = `${grouped(choice.weights)} weights, ${choice.name}: ${place + 1} of ${this.#choices.length}`
    this.#slider.setAttribute('aria-valuetext', text)
    say(byId('sweep-name'), text)
    byId<HTMLButtonElement>('cut').disabled = choice.weights < 2 * LEAST
  }

  #halve(): void {
    const choice = this.#choices[Number(this.#slider.value)]
    if (!choice) return
    const left = Math.floor(choice.weights / 2)
    const name = `${left} weights by magnitude, not tuned`
    try {
      this.take(new Actor(cut(choice.bytes, left, choice.name), name))
    } catch (error) {
      fault(`${name}: ${reasonOf(error)}`)
    }
  }
}
