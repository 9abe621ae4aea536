/** Files of the user's: dropped, chosen, or given to `bpd view`. They are data: read, checked, and shown as text. */
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { crc32 } from '../runtime-as/kernel/kernel.ts'
import { bytesAt, type Catalogue } from './catalogue.ts'
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

export class Files {
  readonly #stage: Stage
  readonly #weights: Weights
  readonly #onPico: OnPico
  readonly #opened = new Map<string, Opened>()
  /** told of every sound policy that is shown: its bytes and name */
  onPolicy: (bytes: Uint8Array, name: string) => void = () => {}

  constructor(stage: Stage, weights: Weights, onPico: OnPico) {
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
      void this.#take(event.dataTransfer?.files ?? [])
    })
  }

  /** What `bpd view` was given: all are opened, the first policy plays. */
  async give({ given }: Catalogue): Promise<void> {
    const all = await Promise.all(given.map(({ path }) => bytesAt(path)))
    given.forEach(({ name }, i) => {
      this.add(name, all[i])
    })
    const names = given.map(({ name }) => name)
    const first = names.find((name) => isPolicy(this.#opened.get(name)!.bytes))
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
    this.#opened.set(key, { bytes, tab, policy: policyIn(bytes, key) })
    return key
  }

  #show(name: string): void {
    for (const [key, { tab }] of this.#opened) {
      tab.firstElementChild?.setAttribute('aria-current', String(key === name))
    }
    const { bytes } = this.#opened.get(name)!
    try {
      byId('file').replaceChildren(isPolicy(bytes) ? this.#policy(bytes, name) : this.#json(bytes, name))
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
    return policyView(actor, this.#onPico, button, told)
  }

  #json(bytes: Uint8Array, name: string): HTMLElement {
    return jsonView(bytes, name, {
      find: (sought) => {
        for (const [file, { policy }] of this.#opened) if (policy && isSought(policy, sought)) return file
      },
      play: (file) => void this.play(file),
    })
  }

  /** Puts a policy, and every other one of its task that is open, on the slider; it plays. */
  async play(name: string, told?: HTMLElement): Promise<void> {
    try {
      const actor = new Actor(this.#opened.get(name)!.bytes, name)
      const { task } = actor.contract
      if (!Object.hasOwn(playable, task)) throw new Error(`no simulator here for the task ${task}`)
      if (this.#stage.task !== task) await this.#stage.open(task)
      for (const { policy } of this.#opened.values()) if (policy?.task === task) this.#weights.offer(policy)
      this.#weights.take(actor)
      byId('stage').scrollIntoView({ block: 'start' })
    } catch (error) {
      if (told) say(told, reasonOf(error))
      else this.#refuse(name, reasonOf(error))
    }
  }
}
