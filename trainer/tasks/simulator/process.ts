/**
 * A simulator's process, driven in step with this thread: a worker keeps it, and this thread waits in shared memory. It reads the end of its
 * input when this process ends, however that comes.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import type { Kept } from './keeper.ts'
import { killGroup } from './kill.ts'
import { Mailbox } from './mailbox.ts'

/** Seconds that a process may take to say its first line, and for each answer; from the environment. */
const budgets = {
  start: { variable: 'BPD_SIMULATOR_START', seconds: 60 },
  step: { variable: 'BPD_SIMULATOR_STEP', seconds: 30 },
}

function budget(which: keyof typeof budgets): number {
  const { variable, seconds } = budgets[which]
  const text = process.env[variable]
  const given = text === undefined ? seconds : Number(text)
  if (!(given > 0 && given <= 86_400))
    throw new InputError(`${variable}: ${JSON.stringify(text)}, expected seconds, more than 0 and at most 86400`)
  return given
}

export class SimulatorProcess {
  /** its first line */
  readonly hello: string
  readonly #name: string
  readonly #mailbox = new Mailbox()
  readonly #worker: Worker
  readonly #stepSeconds: number
  #count = 0

  /** Starts it and waits for its first line. name: how errors call it. Throws InputError where it says none. */
  constructor(words: readonly string[], name: string) {
    this.#name = name
    const startSeconds = budget('start')
    this.#stepSeconds = budget('step')
    this.#worker = new Worker(new URL(`./keeper${extname(import.meta.url)}`, import.meta.url), {
      workerData: { words, shared: this.#mailbox.shared } satisfies Kept,
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    })
    this.#worker.unref()
    try {
      this.hello = new TextDecoder().decode(this.#answer(startSeconds, 'its first line'))
    } catch (error) {
      throw error instanceof FailedError ? new InputError(error.message) : error
    }
  }

  /** The count of the next message. */
  next(): number {
    this.#count = (this.#count + 1) >>> 0
    return this.#count
  }

  /** The answer to a message, its length left out. Throws FailedError: the process has ended, is silent or says what is no answer. */
  ask(message: Uint8Array<ArrayBuffer>, what: string): Uint8Array {
    this.#mailbox.clear()
    this.#worker.postMessage(message, [message.buffer])
    return this.#answer(this.#stepSeconds, what)
  }

  /** Ends it: it reads the end of its input, and is killed where that does not end it. */
  close(): void {
    this.#worker.postMessage('end')
  }

  #answer(seconds: number, what: string): Uint8Array {
    const found = this.#mailbox.wait(seconds * 1000)
    if (found === undefined) {
      killGroup(this.#mailbox.pid)
      this.close()
      const { start, step } = budgets
      throw new FailedError(
        `${this.#name}: nothing within ${seconds} s, expected ${what} (${start.variable} and ${step.variable} set the seconds)`,
      )
    }
    if (typeof found === 'string') throw new FailedError(`${this.#name}: ${found}`)
    return found
  }
}
