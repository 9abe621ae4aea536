/** A worker thread that is asked one thing at a time, and whatever ends it without an answer. */
import { Worker } from 'node:worker_threads'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { mayHang } from '../tasks/registry.ts'
import { ownError } from './own-error.ts'

export class AskedWorker {
  readonly #worker: Worker
  /** it may fail while nothing is asked of it, as it starts */
  #failed?: Error
  #waiting?: { resolve(answer: unknown): void; reject(error: Error): void }

  /** taskName: of the task whose code it runs, which may end it */
  constructor(script: URL, workerData: unknown, taskName: string) {
    this.#worker = new Worker(script, {
      workerData,
      // what a task prints is no result
      stdout: true,
      // an episode leaves little garbage: a small nursery costs nothing, and a large one 20 MB a worker
      resourceLimits: { maxYoungGenerationSizeMb: 3 },
    })
    this.#worker.stdout.on('data', (text: Buffer) => process.stderr.write(text))
    this.#worker.on('message', (answer: unknown) => this.#waiting?.resolve(answer))
    this.#worker.on('error', (error: Error) => this.#fail(toldOf(taskName, ownError(error))))
    this.#worker.on('exit', (code) =>
      this.#fail(
        new FailedError(
          `${taskName}: a worker ended (exit ${code}) that owed an answer: a task must not end its process`,
        ),
      ),
    )
  }

  /** What needs no answer. */
  tell(message: unknown): void {
    this.#worker.postMessage(message)
  }

  /** Rejects with what the worker threw, or a FailedError where it ended. */
  ask<T>(message: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      this.#waiting = { resolve: resolve as (answer: unknown) => void, reject }
      this.#worker.postMessage(message)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  /** The first failure tells why. */
  #fail(error: Error): void {
    this.#failed ??= error
    this.#waiting?.reject(this.#failed)
  }
}

/** What code of the user's own throws where nobody waits for it, as a promise that is rejected, is no fault of ours. */
function toldOf(taskName: string, error: Error): Error {
  if (error instanceof InputError || error instanceof FailedError || !mayHang(taskName)) return error
  return new FailedError(`${taskName}: ${error}, where nobody waited for it`)
}
