/** Every student of the task on one slider, from the dense teacher to the fewest weights, switched while the robot runs. */
import { byId, say } from './dom.ts'
import { Actor } from './run/actor.ts'
import { cut } from './run/cut.ts'
import { fault, type Stage } from './stage.ts'
import { grouped, reasonOf } from './words.ts'

/** fewer are not worth a cut */
const LEAST = 8

export class Weights {
  readonly #stage: Stage
  readonly #slider = byId<HTMLInputElement>('sweep')
  /** the teacher first, then by weights, the most first */
  #actors: Actor[] = []

  constructor(stage: Stage) {
    this.#stage = stage
    this.#slider.addEventListener('input', () => this.#choose(Number(this.#slider.value)))
    byId('cut').addEventListener('click', () => this.#halve())
  }

  /** The students of the task that was opened. */
  open(students: readonly Actor[]): void {
    const { pair } = this.#stage
    if (!pair) return
    this.#actors = [pair.sides[0].actor]
    for (const student of students) this.#add(student)
    this.#show(pair.sides[1].actor)
  }

  /** One more of this task, which takes over. Throws InputError where it does not fit. */
  take(actor: Actor): void {
    this.#stage.take(actor)
    this.#show(this.#add(actor))
  }

  #add(actor: Actor): Actor {
    const same = this.#actors.find(({ crc, bytes }) => crc === actor.crc && bytes.length === actor.bytes.length)
    if (same) return same
    const [teacher, ...students] = this.#actors
    students.push(actor)
    students.sort((a, b) => b.weights - a.weights || b.bytes.length - a.bytes.length)
    this.#actors = [teacher, ...students]
    return actor
  }

  #choose(place: number): void {
    const actor = this.#actors[place]
    if (!actor) return
    // the teacher stands on the other side too: each has a memory of its own
    this.#stage.take(place === 0 ? new Actor(actor.bytes, actor.name) : actor)
    this.#show(actor)
  }

  #show(actor: Actor): void {
    const place = this.#actors.indexOf(actor)
    this.#slider.max = String(this.#actors.length - 1)
    this.#slider.value = String(place)
    const text = `${grouped(actor.weights)} weights, ${actor.name}: ${place + 1} of ${this.#actors.length}`
    this.#slider.setAttribute('aria-valuetext', text)
    say(byId('sweep-name'), text)
    byId<HTMLButtonElement>('cut').disabled = actor.weights < 2 * LEAST
  }

  #halve(): void {
    const actor = this.#actors[Number(this.#slider.value)]
    if (!actor) return
    const left = Math.floor(actor.weights / 2)
    const name = `${left} weights by magnitude, not tuned`
    try {
      this.take(new Actor(cut(actor.bytes, left, actor.name), name))
    } catch (error) {
      fault(`${name}: ${reasonOf(error)}`)
    }
  }
}
