/** Files of the user's: dropped, chosen, or given to `bpd view`. They are data: read, checked, and shown as text. */
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { crc32 } from '../runtime-as/kernel/kernel.ts'
import { bytesAt, type Catalogue, type Lesson, type Shipped } from './catalogue.ts'
import { byId, el, say } from './dom.ts'
import type { OnPico } from './file/costs.ts'
import { jsonView } from './file/json.ts'
import type { Sought } from './file/policies.ts'
import { policyView } from './file/policy.ts'
import { Actor } from './run/actor.ts'
import { playable } from './run/tasks.ts'
import type { Stage } from './stage.ts'
import type { Choice, Weights } from './weights.ts'
import { reasonOf } from './words.ts'

/** bytes of a file at most, and how many are kept open */
const MOST_BYTES = 16 << 20
const MOST_FILES = 512
/** By its first bytes: by itself, or in a signed envelope. All else may be JSON. */
const isPolicy = (bytes: Uint8Array): boolean =>
  /^(\x84\xa3bpd|bpds)/.test(String.fromCharCode(...bytes.subarray(0, 5)))

interface Opened {
  bytes: Uint8Array
  tab: HTMLElement
  /** absent: it is none, or not a sound one, which it says itself once it is shown */
  policy?: Policy
}

/** A policy as far as reports and the slider ask: it has not passed its self-test before it plays. */
type Policy = Choice & { task: string }

function policyIn(bytes: Uint8Array, name: string): Policy | undefined {
  if (!isPolicy(bytes)) return undefined
  try {
    const { contract, weights } = decodePolicy(bytes, name)
    return { name, bytes, weights, crc: crc32(bytes), task: contract.task }
  } catch {
    return undefined
  }
}

const isSought = (policy: Policy, sought: Sought): boolean =>
  'crc' in sought
    ? policy.crc === sought.crc
    : policy.task === sought.task && policy.weights === sought.weights && policy.bytes.length === sought.bytes

function refusal(name: string, reason: string): HTMLElement {
  const text = reason.startsWith(name) ? reason : `${name}: ${reason}`
  return el('p', { class: 'fault', role: 'alert' }, text)
}

export class Files {
  readonly #stage: Stage
  readonly #weights: Weights
  readonly #onPico: OnPico
  readonly #opened = new Map<string, Opened>()
  /** what comes with the page */
  readonly #lessons: readonly Lesson[]

  constructor({ lessons }: Catalogue, stage: Stage, weights: Weights, onPico: OnPico) {
    this.#lessons = lessons
    this.#stage = stage
    this.#weights = weights
    this.#onPico = onPico
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
      const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry())
      const folders = entries.flatMap((entry) => (entry?.isDirectory ? [entry.name] : []))
      void this.#take(event.dataTransfer?.files ?? [], folders)
    })
  }

  /** What `bpd view` was given: all are opened, the first policy plays where that is wanted. */
  async give({ given }: Catalogue, { play }: { play: boolean }): Promise<void> {
    const all = await Promise.all(given.map(({ path }) => bytesAt(path)))
    const keys = given.map(({ name }, i) => this.add(name, all[i]))
    const first = keys.find((_, i) => isPolicy(all[i]))
    if (play && first !== undefined) await this.play(first)
    if (keys.length > 0) this.#show(keys.find((_, i) => !isPolicy(all[i])) ?? keys[0])
  }

  /** The last of them that can be read is shown, and why others cannot be. folders: names of those that are one */
  async #take(files: Iterable<File>, folders: readonly string[] = []): Promise<void> {
    const refused: HTMLElement[] = []
    let last: string | undefined
    // its own list is emptied once the choice is cleared
    for (const file of [...files]) {
      try {
        if (folders.includes(file.name)) throw new Error('a folder, expected files: drop what is in it')
        if (file.size > MOST_BYTES) throw new Error(`${file.size} bytes, expected at most ${MOST_BYTES}`)
        last = this.add(file.name, new Uint8Array(await file.arrayBuffer()))
      } catch (error) {
        refused.push(refusal(file.name, reasonOf(error)))
      }
    }
    if (last !== undefined) this.#show(last)
    else if (refused.length > 0) {
      this.#mark()
      this.#put('')
    }
    byId('file').prepend(...refused)
  }

  /** The key that it is open under: another file of the same name gets another one. */
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
    this.#opened.set(key, { bytes, tab, policy: policyIn(bytes, key) })
    return key
  }

  /** Its tab is the chosen one, and to be seen in the list: the list scrolls, the page does not. undefined: none is chosen */
  #mark(name?: string): void {
    for (const [key, { tab }] of this.#opened) tab.firstElementChild?.setAttribute('aria-current', String(key === name))
    const chosen = name === undefined ? undefined : this.#opened.get(name)
    if (!chosen) return
    const list = byId('opened')
    const [tab, seen] = [chosen.tab, list].map((element) => element.getBoundingClientRect())
    list.scrollTop += Math.max(0, tab.bottom - seen.bottom) + Math.min(0, tab.top - seen.top)
  }

  #show(name: string): void {
    this.#mark(name)
    const { bytes } = this.#opened.get(name)!
    try {
      this.#put(`${name} is shown below`, isPolicy(bytes) ? this.#policy(bytes, name) : this.#json(bytes, name))
    } catch (error) {
      this.#refuse(name, reasonOf(error))
    }
  }

  #refuse(name: string, reason: string): void {
    this.#put('', refusal(name, reason))
  }

  /** told: to a screen reader, in place of all that is shown */
  #put(told: string, ...shown: HTMLElement[]): void {
    byId('file').replaceChildren(...shown)
    say(byId('file-told'), told)
  }

  #policy(bytes: Uint8Array, name: string): HTMLElement {
    const actor = new Actor(bytes, name)
    const { task } = actor.contract
    const known = Object.hasOwn(playable, task)
    const told = el('span', { class: 'hint' }, known ? '' : `No simulator here for the task ${task}.`)
    const button = el('button', { disabled: !known, click: () => void this.play(name, told) }, 'Play it')
    return policyView(actor, this.#onPico, button, told)
  }

  #json(bytes: Uint8Array, name: string): HTMLElement {
    return jsonView(bytes, name, {
      find: (sought) => {
        const open = this.#find(sought)
        if (open !== undefined) return () => void this.play(open)
        const shipped = 'crc' in sought && this.#shippedIn(sought.crc)?.shipped
        return shipped ? () => void this.#playShipped(shipped) : undefined
      },
    })
  }

  /** Under which key it is open. */
  #find(sought: Sought): string | undefined {
    for (const [key, { policy }] of this.#opened) if (policy && isSought(policy, sought)) return key
  }

  #shippedIn(sought: number): { lesson: Lesson; shipped: Shipped } | undefined {
    for (const lesson of this.#lessons) {
      const shipped = lesson.students.find(({ crc }) => crc === sought)
      if (shipped) return { lesson, shipped }
    }
  }

  async #playShipped(shipped: Shipped): Promise<void> {
    try {
      await this.play(this.#find(shipped) ?? this.add(shipped.name, await bytesAt(shipped.path)))
    } catch (error) {
      this.#refuse(shipped.name, reasonOf(error))
    }
  }

  /** Puts a policy, and every other one of its task that is open, on the slider; it plays. */
  async play(name: string, told?: HTMLElement): Promise<void> {
    try {
      const actor = new Actor(this.#opened.get(name)!.bytes, name)
      const { task } = actor.contract
      if (!Object.hasOwn(playable, task)) throw new Error(`no simulator here for the task ${task}`)
      // beside its own teacher, where that is here
      const lesson = this.#shippedIn(actor.crc)?.lesson.name ?? (this.#stage.task === task ? this.#stage.lesson : task)
      if (this.#stage.lesson !== lesson) await this.#stage.open(lesson)
      for (const { policy } of this.#opened.values()) if (policy?.task === task) this.#weights.offer(policy)
      this.#weights.take(actor)
      byId('stage').scrollIntoView({ block: 'start' })
    } catch (error) {
      if (told) say(told, reasonOf(error))
      else this.#refuse(name, reasonOf(error))
    }
  }
}
