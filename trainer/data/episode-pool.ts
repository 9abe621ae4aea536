/**
 * Worker threads that play episodes of one task, an environment each, for one policy after another. An episode draws from a random stream
 * of its own and results come in order of the episodes, so nothing depends on the number of workers.
 */
import { extname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { createTask, mayHang } from '../tasks/registry.ts'
import type { Task } from '../tasks/task.ts'
import { AskedWorker } from './asked-worker.ts'
import { type Actors, episodeRunner, type Wanted } from './episode.ts'

/** Episodes that a worker may be ahead of the reader: bounds what waits in memory. */
const ahead = 4

/** Kept as long as policies come (a thread takes most of a second to start), then closed. */
export class EpisodePool {
  readonly #threads: Thread[] = []
  /** of this thread, where there is no other */
  readonly #task?: Task

  /** The task must be prepared. One worker is this thread, with an environment of its own, unless it may hang. */
  constructor(taskName: string, workers: number) {
    if (workers === 1 && !mayHang(taskName)) this.#task = createTask(taskName)
    else for (let i = 0; i < workers; i++) this.#threads.push(new Thread(taskName))
  }

  /** What is wanted of episodes 0 … `episodes` - 1; whoever reads may stop between any two. One such loop at a time. */
  async *inOrder<T>(actors: Actors, wanted: Wanted, episodes: number): AsyncGenerator<T> {
    if (this.#task) {
      const run = episodeRunner(this.#task, actors)
      for (let episode = 0; episode < episodes; episode++) {
        yield (await run(wanted, episode)) as T
        // Ctrl-C is heard between episodes
        await turn()
      }
      return
    }
    const threads = this.#threads
    for (const thread of threads) thread.take(actors)
    try {
      const pending: Promise<T>[] = []
      for (let next = 0, done = 0; done < episodes; done++) {
        // episode e belongs to worker e mod n
        for (; next < Math.min(episodes, done + ahead * threads.length); next++)
          pending.push(threads[next % threads.length].play<T>(wanted, next))
        yield await pending.shift()!
      }
    } finally {
      for (const thread of threads) thread.forget()
    }
  }

  /** The memory and the processes of its environments are given back. */
  async close(): Promise<void> {
    this.#task?.close?.()
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

/** A worker that has one episode at a time: those that nobody wants any more are dropped here, before they are begun. */
class Thread {
  readonly #worker: AskedWorker
  #last: Promise<unknown> = Promise.resolve()
  #forgotten = 0

  constructor(taskName: string) {
    const script = new URL(`./episode-worker${extname(import.meta.url)}`, import.meta.url)
    this.#worker = new AskedWorker(script, taskName, taskName)
  }

  /** They act in all episodes that are asked for from now on. */
  take(actors: Actors): void {
    this.#worker.tell(actors)
  }

  play<T>(wanted: Wanted, episode: number): Promise<T> {
    const asked = this.#forgotten
    // what is dropped is awaited by nobody
    const result = this.#last.then(() =>
      asked === this.#forgotten ? this.#worker.ask<T>({ wanted, episode }) : (undefined as T),
    )
    // it is awaited later, and may have failed by then
    this.#last = result.catch(() => {})
    return result
  }

  /** Episodes that were asked for and not begun. */
  forget(): void {
    this.#forgotten++
  }

  close(): Promise<void> {
    return this.#worker.close()
  }
}
