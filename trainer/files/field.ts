/** A value out of JSON that a file holds, and the line that refuses it: file, field, what was expected. */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from './brief.ts'

export class Field {
  readonly value: unknown
  readonly #file: string
  readonly #path: string

  /** path: where in the file it is; '' for all of it */
  constructor(file: string, path: string, value: unknown) {
    this.#file = file
    this.#path = path
    this.value = value
  }

  /** Throws InputError unless `text` is JSON. */
  static parse(file: string, path: string, text: string | undefined): Field {
    try {
      return new Field(file, path, JSON.parse(text ?? ''))
    } catch {
      throw new InputError(`${path ? `${file}: ${path}` : file}: expected JSON`)
    }
  }

  refuse(expected: string): never {
    const found = this.value === undefined ? 'absent' : shown(this.value)
    const where = this.#path ? `${this.#file}: ${this.#path}` : this.#file
    throw new InputError(`${where}: ${found.length > 60 ? `${found.slice(0, 60)}…` : found}, expected ${expected}`)
  }

  map(): Record<string, unknown> {
    const { value } = this
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.refuse('a map')
    return value as Record<string, unknown>
  }

  /** An entry of a map; absent ones too, which their own check refuses. */
  at(key: string): Field {
    return this.#below(key, this.map()[key])
  }

  /** Refuses entries of any other name. */
  only(names: readonly string[]): void {
    const other = Object.keys(this.map()).find((key) => !names.includes(key))
    if (other !== undefined) this.at(other).refuse(`none of that name, only ${names.join(', ')}`)
  }

  items(): Field[] {
    if (!Array.isArray(this.value)) return this.refuse('a list')
    return this.value.map((item, i) => this.#below(i, item))
  }

  #below(key: string | number, value: unknown): Field {
    return new Field(this.#file, this.#path ? `${this.#path}.${key}` : `${key}`, value)
  }

  whole(low: number, high = Number.MAX_SAFE_INTEGER): number {
    const { value } = this
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high)
      return this.refuse(`a whole number ${high === Number.MAX_SAFE_INTEGER ? `>= ${low}` : `from ${low} to ${high}`}`)
    return value as number
  }

  number(low = -Infinity, high = Infinity): number {
    const { value } = this
    if (!Number.isFinite(value) || (value as number) < low || (value as number) > high) {
      const least = low === -Infinity ? 'a finite number' : `a number >= ${low}`
      return this.refuse(high === Infinity ? least : `a number from ${low} to ${high}`)
    }
    return value as number
  }

  text(): string {
    if (typeof this.value !== 'string') return this.refuse('a text')
    return this.value
  }

  oneOf<T extends string | boolean>(allowed: readonly T[]): T {
    if (!allowed.includes(this.value as T)) return this.refuse(allowed.join(' or '))
    return this.value as T
  }

  /** Refuses any other value than this one. */
  mustBe(expected: unknown, why = ''): void {
    if (JSON.stringify(this.value) !== JSON.stringify(expected)) this.refuse(`${JSON.stringify(expected)}${why}`)
  }
}

/** Not only JSON: a module's exports may hold functions, or themselves. */
function shown(value: unknown): string {
  // NaN and infinities are none of JSON
  if (typeof value === 'number') return `${value}`
  try {
    return JSON.stringify(value) ?? `a ${typeof value}`
  } catch {
    return brief(value)
  }
}
