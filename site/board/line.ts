/** A line to a board in a browser: what the client asks of Node's Duplex, and no more. */
import type { Duplex } from 'node:stream'

type Heard = (...what: never[]) => void

export class Line {
  /** bytes that have not left yet */
  writableLength = 0
  readonly #send: (bytes: Uint8Array) => Promise<void>
  readonly #heard = new Map<string, Set<Heard>>()
  #ended = false

  /** send: done when the bytes have left */
  constructor(send: (bytes: Uint8Array) => Promise<void>) {
    this.#send = send
  }

  on(event: string, heard: Heard): this {
    this.#heard.set(event, (this.#heard.get(event) ?? new Set()).add(heard))
    return this
  }

  off(event: string, heard: Heard): this {
    this.#heard.get(event)?.delete(heard)
    return this
  }

  once(event: string, heard: Heard): this {
    const first = (...what: never[]) => {
      this.off(event, first)
      heard(...what)
    }
    return this.on(event, first)
  }

  write(bytes: Uint8Array): void {
    if (this.#ended) return
    this.writableLength += bytes.length
    // the caller may use its array again
    this.#send(bytes.slice()).then(
      () => {
        this.writableLength -= bytes.length
      },
      (error: Error) => this.end(error),
    )
  }

  /** Bytes from the board. */
  receive(bytes: Uint8Array): void {
    this.#tell('data', bytes)
  }

  /** The line is gone, for a reason or because it was closed. */
  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    if (error) this.#tell('error', error)
    this.#tell('close')
  }

  #tell(event: string, ...what: unknown[]): void {
    for (const heard of [...(this.#heard.get(event) ?? [])]) heard(...(what as never[]))
  }

  /** The client's type for it. Of a Duplex it uses what this class has. */
  get duplex(): Duplex {
    return this as unknown as Duplex
  }
}
