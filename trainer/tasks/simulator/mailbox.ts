/** Where a thread that waits and the one that keeps a process meet: shared memory, one answer at a time. */

/** bytes of any message, and of the first line */
export const MOST_BYTES = 2 ** 17
/** bytes of what is said of a failure */
const MOST_TEXT = 1024
const HEAD = 16

/** words of the head: what is there, bytes of the answer, the process, bytes of a failure's text */
const [STATE, LENGTH, PID, FAILURE] = [0, 1, 2, 3]
const [WAITING, ANSWERED, FAILED] = [0, 1, 2]

export class Mailbox {
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #text: Uint8Array<SharedArrayBuffer>
  readonly #bytes: Uint8Array<SharedArrayBuffer>

  constructor(shared = new SharedArrayBuffer(HEAD + MOST_TEXT + MOST_BYTES)) {
    this.shared = shared
    this.#words = new Int32Array(shared, 0, HEAD / 4)
    this.#text = new Uint8Array(shared, HEAD, MOST_TEXT)
    this.#bytes = new Uint8Array(shared, HEAD + MOST_TEXT)
  }

  get pid(): number {
    return Atomics.load(this.#words, PID)
  }

  set pid(pid: number) {
    Atomics.store(this.#words, PID, pid)
  }

  /** Makes room for the next answer. */
  clear(): void {
    Atomics.store(this.#words, STATE, WAITING)
    // it may have failed since the last answer
    if (Atomics.load(this.#words, FAILURE) > 0) Atomics.store(this.#words, STATE, FAILED)
  }

  /** Blocks this thread. The answer, or why there is none, or undefined after so many milliseconds. */
  wait(milliseconds: number): Uint8Array | string | undefined {
    const end = performance.now() + milliseconds
    let state = WAITING
    do {
      Atomics.wait(this.#words, STATE, WAITING, Math.max(0, end - performance.now()))
      state = Atomics.load(this.#words, STATE)
      // the call for an answer that was read without waiting may come late, and wakes whoever waits for the next one
    } while (state === WAITING && performance.now() < end)
    if (state === WAITING) return undefined
    if (state === ANSWERED) return this.#bytes.slice(0, this.#words[LENGTH])
    return new TextDecoder().decode(this.#text.slice(0, this.#words[FAILURE]))
  }

  /** At most MOST_BYTES. */
  answer(bytes: Uint8Array): void {
    this.#bytes.set(bytes)
    this.#words[LENGTH] = bytes.length
    Atomics.compareExchange(this.#words, STATE, WAITING, ANSWERED)
    Atomics.notify(this.#words, STATE)
  }

  /** For good; the first one is kept. */
  fail(text: string): void {
    if (Atomics.load(this.#words, FAILURE) > 0) return
    const { written } = new TextEncoder().encodeInto(text, new Uint8Array(MOST_TEXT))
    this.#text.set(new TextEncoder().encode(text).subarray(0, written))
    Atomics.store(this.#words, FAILURE, written)
    // an answer that is there is read first
    Atomics.compareExchange(this.#words, STATE, WAITING, FAILED)
    Atomics.notify(this.#words, STATE)
  }
}
