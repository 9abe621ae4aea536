/** Files of the user's: dropped, chosen, or given to `bpd view`. They are data: read, checked, and shown as text. */
import type { Catalogue } from './catalogue.ts'
import { bytesAt } from './catalogue.ts'
import { byId, el, say } from './dom.ts'
import { jsonView } from './file/json.ts'
import { policyView } from './file/policy.ts'
import { Actor } from './run/actor.ts'
import { playable } from './run/tasks.ts'
import type { Stage } from './stage.ts'
import type { Weights } from './weights.ts'
import { reasonOf } from './words.ts'

/** bytes of a file at most, and how many are kept open */
const MOST_BYTES = 16 << 20
const MOST_FILES = 64
/** Text that may be JSON; all else may be a policy, by itself or in a signed envelope. */
const isText = (bytes: Uint8Array): boolean =>
  bytes.length === 0 || /^\s*[[{]/.test(String.fromCharCode(...bytes.subarray(0, 64)))

export class Files {
  readonly #stage: Stage
  readonly #weights: Weights
  readonly #opened = new Map<string, { bytes: Uint8Array; tab: HTMLElement }>()
  /** told of every sound policy that is shown: its bytes and name */
  onPolicy: (bytes: Uint8Array, name: string) => void = () => {}

  constructor(stage: Stage, weights: Weights) {
    this.#stage = stage
    this.#weights = weights
    const choose = byId<HTMLInputElement>('choose')
    choose.addEventListener('change', () => {
      void this.#take(choose.files ?? [])
      choose.value = ''
    })
    const { documentElement: page } = document
    page.addEventListener('dragover', (event) => {
      event.preventDefault()
      page.classList.add('dropping')
    })
    page.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) page.classList.remove('dropping')
    })
    page.addEventListener('drop', (event) => {
      event.preventDefault()
      page.classList.remove('dropping')
      void this.#take(event.dataTransfer?.files ?? [])
    })
  }

  /** What `bpd view` was given: all are opened, the first policy plays. */
  async give({ given }: Catalogue): Promise<void> {
    for (const { name, path } of given) this.add(name, await bytesAt(path))
    const names = given.map(({ name }) => name)
    const first = names.find((name) => !isText(this.#opened.get(name)!.bytes))
    if (first) await this.play(first)
    if (names.length > 0) this.#show(names.find((name) => name.endsWith('.json')) ?? names[0])
  }

  async #take(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      if (file.size > MOST_BYTES) this.#refuse(file.name, `${file.size} bytes, expected at most ${MOST_BYTES}`)
      else this.#show(this.add(file.name, new Uint8Array(await file.arrayBuffer())))
    }
  }

  /** Another file of the same name gets another one. */
  add(name: string, bytes: Uint8Array): string {
    let key = name.slice(0, 200)
    for (let i = 2; this.#opened.has(key); i++) key = `${name.slice(0, 200)} (${i})`
    if (this.#opened.size >= MOST_FILES) {
      const [[oldest, { tab }]] = this.#opened
      tab.remove()
      this.#opened.delete(oldest)
    }
    const tab = el('li', {}, el('button', { click: () => this.#show(key) }, key))
    byId('opened').append(tab)
    this.#opened.set(key, { bytes, tab })
    return key
  }

  #show(name: string): void {
    for (const [key, { tab }] of this.#opened) {
      tab.firstElementChild?.setAttribute('aria-current', String(key === name))
    }
    const { bytes } = this.#opened.get(name)!
    try {
      byId('file').replaceChildren(isText(bytes) ? this.#json(bytes, name) : this.#policy(bytes, name))
    } catch (error) {
      this.#refuse(name, reasonOf(error))
    }
  }

  #refuse(name: string, reason: string): void {
    const text = reason.startsWith(name) ? reason : `${name}: ${reason}`
    byId('file').replaceChildren(el('p', { class: 'fault', role: 'alert' }, text))
  }

  #policy(bytes: Uint8Array, name: string): HTMLElement {
    const actor = new Actor(bytes, name)
    this.onPolicy(bytes, name)
    const { task } = actor.contract
    const known = Object.hasOwn(playable, task)
    const told = el('span', { class: 'hint' }, known ? '' : `No simulator here for the task ${task}.`)
    const button = el('button', { disabled: !known, click: () => void this.play(name, told) }, 'Play it')
    return policyView(bytes, name, button, told)
  }

  #json(bytes: Uint8Array, name: string): HTMLElement {
    return jsonView(bytes, name, {
      has: (crc) => [...this.#policies()].some((actor) => actor.crc === crc),
      play: (crc) => {
        const actor = [...this.#policies()].find((one) => one.crc === crc)
        if (actor) void this.play(actor.name)
      },
    })
  }

  /** Those of the opened files that are sound. */
  *#policies(): Generator<Actor> {
    for (const [name, { bytes }] of this.#opened) {
      try {
        if (!isText(bytes)) yield new Actor(bytes, name)
      } catch {
        // it says so itself once it is shown
      }
    }
  }

  /** Puts a policy, and every other one of its task that is open, on the slider; it plays. */
  async play(name: string, told?: HTMLElement): Promise<void> {
    try {
      const actor = new Actor(this.#opened.get(name)!.bytes, name)
      const { task } = actor.contract
      if (!Object.hasOwn(playable, task)) throw new Error(`no simulator here for the task ${task}`)
      if (this.#stage.task !== task) await this.#stage.open(task)
      for (const other of this.#policies()) if (other.contract.task === task) this.#weights.take(other)
      this.#weights.take(actor)
      byId('stage').scrollIntoView({ block: 'start' })
    } catch (error) {
      if (told) say(told, reasonOf(error))
      else this.#refuse(name, reasonOf(error))
    }
  }
}
