/** This host's end of a line: the speed that it is at. */
import { InputError } from '../../runtime-as/errors.ts'
import type { Port } from './port.ts'

/** what serial ports and adapters may be asked for, in baud */
const [SLOWEST, FASTEST] = [1200, 12_000_000]

/** This end of a line: the speed that it was opened with, or another one. */
export class LineEnd {
  readonly #port: Port
  #away = false
  /** told why the line is back at its own speed, where nobody asked for that */
  onBack?: (why: string) => void

  constructor(port: Port) {
    this.#port = port
  }

  /** Whether both ends are at another speed than their own. */
  get away(): boolean {
    return this.#away
  }

  /** The line is closed: opened again, it is at its own speed. */
  closed(): void {
    this.#away = false
  }

  /** Tries another speed. */
  async go(baud: number): Promise<void> {
    this.#away = false
    await this.#port.speed?.set(baud)
  }

  /** The other end is there too. */
  stay(): void {
    this.#away = true
  }

  /** To its own speed. why: where nobody asked for that */
  async back(why?: string): Promise<void> {
    const { name, speed } = this.#port
    this.#away = false
    await speed?.set(speed.own)
    if (why !== undefined) this.onBack?.(`${name}: the line is at ${speed?.own} baud again: ${why}`)
  }
}

/** Throws InputError for what no line has. */
export function requireBaud(port: string, baud: number): void {
  if (Number.isInteger(baud) && baud >= SLOWEST && baud <= FASTEST) return
  throw new InputError(`${port}: ${baud} baud, expected ${SLOWEST}..${FASTEST}`)
}
