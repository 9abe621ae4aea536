/** The bytes of a pickle, read from front to back; reading past the end is refused. */
import { InputError } from '../../runtime-as/errors.ts'

/** letters of a Python name; the longest listed has 58 */
export const maxName = 200

export class PickleReader {
  at: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #file: string

  constructor(bytes: Uint8Array, at: number, file: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#file = file
    this.at = at
  }

  refuse(what: string, at = this.at): never {
    throw new InputError(`${this.#file}: pickle: ${what} (byte ${at})`)
  }

  #take(length: number): number {
    if (!(length <= this.#bytes.length - this.at)) this.refuse('cut short')
    this.at += length
    return this.at - length
  }

  /** unsigned, little-endian */
  uint(size: 1 | 2 | 4 | 8): number {
    const at = this.#take(size)
    if (size === 1) return this.#view.getUint8(at)
    if (size === 2) return this.#view.getUint16(at, true)
    if (size === 4) return this.#view.getUint32(at, true)
    return Number(this.#view.getBigUint64(at, true))
  }

  int32 = (): number => this.#view.getInt32(this.#take(4), true)

  /** pickles hold floats big-endian */
  float64 = (): number => this.#view.getFloat64(this.#take(8))

  /** little-endian two's complement of any length */
  long(length: number): number | bigint {
    const at = this.#take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i])
    value = BigInt.asIntN(8 * length, value)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text = (length: number): string => new TextDecoder().decode(this.bytes(length))

  /** of a name */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at)
    if (end < 0) this.refuse('cut short')
    if (end - this.at > maxName) this.refuse(`a name longer than ${maxName} bytes`)
    const text = this.text(end - this.at)
    this.at++
    return text
  }
}
