/** Reading protocol buffers (runtime-as/exports/protobuf.ts writes them): fields by number, as they lie in the bytes. */
import { InputError } from '../../../runtime-as/errors.ts'

/** of a whole file, however its messages lie within one another */
const maxFields = 300_000
/** whole numbers of lists */
const maxNumbers = 1 << 23

/** What is left of what one file may have, and how errors call it. */
export class FieldBudget {
  readonly name: string
  #left = maxFields
  #numbers = maxNumbers

  constructor(name: string) {
    this.name = name
  }

  refuse(what: string): never {
    throw new InputError(`${this.name}: ONNX: ${what}`)
  }

  spend(): void {
    if (--this.#left < 0) this.refuse(`more than ${maxFields} fields, no teacher has them`)
  }

  spendNumbers(count: number): void {
    this.#numbers -= count
    if (this.#numbers < 0) this.refuse(`more than ${maxNumbers} numbers in lists, no teacher has them`)
  }
}

/** A number, or bytes; of a number the 8 (or 4) bytes where it was stored as such. */
type Content = { number: bigint } | { bytes: Uint8Array }

/** One message: its fields, read once. What a reader does not ask for is stepped over. */
export class Message {
  readonly budget: FieldBudget
  readonly #fields = new Map<number, Content[]>()

  constructor(bytes: Uint8Array, budget: FieldBudget) {
    this.budget = budget
    const input = new Wire(bytes, budget)
    while (input.more) {
      budget.spend()
      const tag = Number(input.varint())
      const content = input.content(tag % 8)
      const field = Math.floor(tag / 8)
      const list = this.#fields.get(field)
      if (list) list.push(content)
      else this.#fields.set(field, [content])
    }
  }

  #all = (field: number): Content[] => this.#fields.get(field) ?? []

  has = (field: number): boolean => this.#fields.has(field)

  /** Of a field that may come often. */
  bytes(field: number): Uint8Array[] {
    return this.#all(field).map((content) => ('bytes' in content ? content.bytes : this.#wrong(field)))
  }

  messages(field: number): Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes, this.budget))
  }

  /** The last of a field that should come once, as the format has it. */
  message = (field: number): Message | undefined => {
    const last = this.bytes(field).at(-1)
    return last && new Message(last, this.budget)
  }

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => new TextDecoder().decode(bytes.subarray(0, maxText)))
  }

  text = (field: number): string => this.texts(field).at(-1) ?? ''

  /** Whole numbers with a sign, one after another or packed. */
  ints(field: number): number[] {
    const numbers: number[] = []
    for (const content of this.#all(field)) {
      this.budget.spendNumbers('number' in content ? 1 : content.bytes.length)
      if ('number' in content) numbers.push(signed(content.number))
      else {
        const input = new Wire(content.bytes, this.budget)
        while (input.more) numbers.push(signed(input.varint()))
      }
    }
    return numbers
  }

  int = (field: number): number | undefined => this.ints(field).at(-1)

  /** of 4 or 8 bytes each, one after another or packed */
  floats(field: number, size: 4 | 8): Float64Array {
    const parts = this.#all(field).map((content) => ('bytes' in content ? content.bytes : this.#wrong(field)))
    this.budget.spendNumbers(parts.reduce((sum, part) => sum + part.length, 0) / size)
    const bytes = Buffer.concat(parts)
    if (bytes.length % size !== 0) this.budget.refuse(`${bytes.length} bytes of numbers of ${size}`)
    return Float64Array.from({ length: bytes.length / size }, (_, i) =>
      size === 4 ? bytes.readFloatLE(4 * i) : bytes.readDoubleLE(8 * i),
    )
  }

  #wrong(field: number): never {
    return this.budget.refuse(`field ${field} is of another type than expected`)
  }
}

/** letters of a name or a text */
const maxText = 65_536

const signed = (value: bigint): number => Number(BigInt.asIntN(64, value))

class Wire {
  readonly #bytes: Uint8Array
  readonly #budget: FieldBudget
  #at = 0

  constructor(bytes: Uint8Array, budget: FieldBudget) {
    this.#bytes = bytes
    this.#budget = budget
  }

  get more(): boolean {
    return this.#at < this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (!this.more) this.#budget.refuse('cut short')
      const byte = this.#bytes[this.#at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
    return this.#budget.refuse('a number of more than 10 bytes')
  }

  #take(length: number): Uint8Array {
    if (!(length <= this.#bytes.length - this.#at)) this.#budget.refuse('cut short')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** type: on the wire: 0 a number, 1 8 bytes, 2 bytes, 5 4 bytes */
  content(type: number): Content {
    if (type === 0) return { number: this.varint() }
    if (type === 1) return { bytes: this.#take(8) }
    if (type === 2) return { bytes: this.#take(Number(this.varint())) }
    if (type === 5) return { bytes: this.#take(4) }
    return this.#budget.refuse(`a field of wire type ${type}`)
  }
}
