/** Jobs in processes of their own, a few at a time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { NotWritten } from '../../files/access.ts'
import { Interrupted } from '../../interrupted.ts'
import type { JobResult } from '../jobs/results.ts'
import type { Answer, Order } from './order.ts'

const child = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))

/** A process that is larger, or has done more jobs, makes room for another. */
const [MOST_BYTES, MOST_JOBS] = [400e6, 100]

/** The process of a job has gone without a word: killed, or out of memory. */
export class Lost extends Error {
  override name = 'Lost'
}

export interface Finished {
  result: JobResult
  seconds: number
}

/** What a job's process takes and gives beside its result. */
export interface Following {
  onProgress?: (share: number) => void
  /** aborting lets it save its checkpoint and end */
  signal?: AbortSignal
}

/** Where jobs are done: processes here, or workers behind a queue. */
export interface Executor {
  /** Told once of all that is to be done, each before those that need it: nothing runs yet. */
  begin?(ids: readonly string[]): Promise<void>
  /** Throws what the job throws, and `Lost` where it may be tried again. */
  run(order: Order, following?: Following): Promise<Finished>
  close(): void | Promise<void>
}

export class Processes implements Executor {
  readonly #idle: ChildProcess[] = []
  readonly #all = new Set<ChildProcess>()
  readonly #used = new WeakMap<ChildProcess, number>()
  readonly #leave = () => this.close()

  constructor() {
    process.once('exit', this.#leave)
  }

  /** Throws what the job throws, and `Lost`. */
  async run(order: Order, { onProgress, signal }: Following = {}): Promise<Finished> {
    const worker = this.#idle.pop() ?? this.#begin()
    const abort = () => worker.kill('SIGTERM')
    signal?.addEventListener('abort', abort)
    try {
      const answer = await asked(worker, order, onProgress)
      if (answer.kind === 'failed') throw errorOf(answer)
      // what has trained long gives its memory back
      const used = (this.#used.get(worker) ?? 0) + 1
      this.#used.set(worker, used)
      if (answer.memory < MOST_BYTES && used < MOST_JOBS && !signal?.aborted) this.#idle.push(worker)
      else worker.kill()
      return { result: answer.result, seconds: answer.seconds }
    } catch (error) {
      if (worker.exitCode === null && !(error instanceof Interrupted)) worker.kill()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  close(): void {
    process.off('exit', this.#leave)
    for (const worker of this.#all) worker.kill()
    this.#idle.length = 0
  }

  #begin(): ChildProcess {
    const worker = spawn(process.execPath, [child], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#all.add(worker)
    worker.once('close', () => {
      this.#all.delete(worker)
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    return worker
  }
}

type Last = Extract<Answer, { kind: 'done' | 'failed' }>

function asked(worker: ChildProcess, order: Order, onProgress?: (share: number) => void): Promise<Last> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (text: Buffer) => {
      said = (said + text.toString()).slice(-2000)
    }
    const done = () => {
      worker.off('message', receive)
      worker.off('close', lost)
      worker.off('error', reject)
      worker.stderr!.off('data', hear)
    }
    const receive = (answer: Answer) => {
      if (answer.kind === 'progress') onProgress?.(answer.share)
      if (answer.kind !== 'done' && answer.kind !== 'failed') return
      done()
      resolve(answer)
    }
    const lost = (code: number | null, signal: string | null) => {
      done()
      const last = said.trimEnd().split('\n').at(-1)
      reject(new Lost(`its process ended (${signal ?? `exit ${code}`})${last ? `: ${last}` : ''}`))
    }
    worker.on('message', receive).once('close', lost).once('error', reject)
    worker.stderr!.on('data', hear)
    worker.send(order, (error) => error && worker.exitCode === null && worker.signalCode === null && worker.kill())
  })
}

function errorOf({ how, message }: Extract<Answer, { kind: 'failed' }>): Error {
  if (how === 'input') return new InputError(message)
  if (how === 'interrupted') return new Interrupted(message)
  if (how === 'unwritten') return new NotWritten(message)
  return new FailedError(how === 'internal' ? `internal error: ${message}` : message)
}
