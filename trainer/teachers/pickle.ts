/**
 * Python pickles read as data. Nothing is executed: a pickle's "calls" may name only what the caller lists, each with what it becomes here,
 * and every other name and every opcode that tensors do not need is refused. Opcodes: Lib/pickletools.py of CPython.
 */
import { brief } from '../files/brief.ts'
import type { PickleBudget } from './pickle-budget.ts'
import { maxName, PickleReader } from './pickle-reader.ts'

/** What a listed Python name becomes: `make` stands for calling it. */
export interface Known {
  make(args: readonly unknown[]): unknown
}

/** Where a pickle sets the state of an object (BUILD). */
export interface Stateful {
  setState(state: unknown): void
}

export interface PickleOptions {
  budget: PickleBudget
  /** by "module name", e.g. "collections OrderedDict" */
  names: ReadonlyMap<string, Known>
  /** what any other name becomes; absent: it is refused */
  unknown?(name: string): Known
  /** what a persistent id stands for */
  persistent?(id: unknown): unknown
}

/** A listed name on the stack. */
export class Name {
  readonly name: string
  readonly known: Known
  constructor(name: string, known: Known) {
    this.name = name
    this.known = known
  }
}

const stop = 46

const isShort = (x: unknown): x is string => typeof x === 'string' && x.length <= maxName

const isStateful = (x: unknown): x is Stateful => typeof (x as Stateful | null)?.setState === 'function'

class Machine {
  readonly #in: PickleReader
  readonly #options: PickleOptions
  readonly #budget: PickleBudget
  readonly #memo = new Map<number, unknown>()
  /** stacks under the marks */
  readonly #below: unknown[][] = []
  #stack: unknown[] = []

  constructor(input: PickleReader, options: PickleOptions) {
    this.#in = input
    this.#options = options
    this.#budget = options.budget
  }

  run(): unknown {
    for (;;) {
      const start = this.#in.at
      const opcode = this.#in.uint(1)
      this.#budget.step()
      if (opcode === stop) return this.#pop()
      const execute = this.#opcodes[opcode] ?? this.#in.refuse(`opcode ${opcode} is not allowed`, start)
      execute()
    }
  }

  #push = (value: unknown): void => {
    this.#stack.push(value)
  }

  /** A value that takes more than its place. */
  #pushNew(value: unknown): void {
    this.#budget.object()
    this.#stack.push(value)
  }

  #pushText(bytes: number): void {
    this.#budget.object(bytes)
    this.#stack.push(this.#in.text(bytes))
  }

  #pop(): unknown {
    if (this.#stack.length === 0) this.#in.refuse('nothing on the stack')
    return this.#stack.pop()
  }

  #popMany(count: number): unknown[] {
    if (this.#stack.length < count) this.#in.refuse('nothing on the stack')
    return this.#stack.splice(this.#stack.length - count)
  }

  /** everything since the last mark */
  #popMark(): unknown[] {
    const items = this.#stack
    this.#stack = this.#below.pop() ?? this.#in.refuse('no mark')
    return items
  }

  #top<T>(check: (x: unknown) => x is T, what: string): T {
    const top = this.#stack.at(-1)
    return check(top) ? top : this.#in.refuse(`expected ${what}`)
  }

  #name(name: string): void {
    const known = this.#options.names.get(name) ?? this.#options.unknown?.(name)
    if (!known) this.#in.refuse(`the name ${brief(name)} is not allowed`)
    this.#pushNew(new Name(name, known))
  }

  #stackName(): void {
    const [module, name] = this.#popMany(2)
    if (!isShort(module) || !isShort(name)) this.#in.refuse('expected a module and a name')
    this.#name(`${module} ${name}`)
  }

  #call(): void {
    const [callee, args] = this.#popMany(2)
    if (!(callee instanceof Name) || !Array.isArray(args)) this.#in.refuse('expected a name and its arguments')
    try {
      this.#pushNew(callee.known.make(args))
    } catch (error) {
      this.#in.refuse(`${callee.name}: ${(error as Error).message}`)
    }
  }

  #setItems(items: unknown[]): void {
    const map = this.#top((x) => x instanceof Map, 'a dict')
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
  }

  #build(): void {
    const state = this.#pop()
    const top = this.#stack.at(-1)
    // attributes of a dict (PyTorch's _metadata) are no entries
    if (top instanceof Map) return
    if (!isStateful(top)) this.#in.refuse('state for an object that has none')
    // attributes are copied, and the same ones may be given again and again
    if (state instanceof Map) this.#budget.step(state.size)
    try {
      top.setState(state)
    } catch (error) {
      this.#in.refuse((error as Error).message)
    }
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) this.#in.refuse(`memo ${index} is empty`)
    this.#push(this.#memo.get(index))
  }

  #memorise(index: number): void {
    if (this.#stack.length === 0) this.#in.refuse('nothing on the stack')
    this.#budget.object()
    this.#memo.set(index, this.#stack.at(-1))
  }

  #appendTo(items: unknown[]): void {
    const list = this.#top(Array.isArray, 'a list')
    for (const item of items) list.push(item)
  }

  #mark(): void {
    this.#budget.object()
    this.#budget.depth(this.#below.length + 1)
    this.#below.push(this.#stack)
    this.#stack = []
  }

  #protocol(): void {
    if (this.#in.uint(1) > 5) this.#in.refuse('protocol above 5')
  }

  #persistent(): void {
    if (!this.#options.persistent) this.#in.refuse('a persistent id')
    this.#pushNew(this.#options.persistent(this.#pop()))
  }

  /** what each opcode does; one that is not here is refused */
  readonly #opcodes: Record<number, (() => void) | undefined> = {
    128: () => this.#protocol(), // PROTO
    149: () => this.#in.uint(8), // FRAME
    40: () => this.#mark(), // MARK
    78: () => this.#push(null), // NONE
    136: () => this.#push(true), // NEWTRUE
    137: () => this.#push(false), // NEWFALSE
    75: () => this.#push(this.#in.uint(1)), // BININT1
    77: () => this.#push(this.#in.uint(2)), // BININT2
    74: () => this.#push(this.#in.int32()), // BININT
    138: () => this.#pushNew(this.#in.long(this.#in.uint(1))), // LONG1
    71: () => this.#push(this.#in.float64()), // BINFLOAT
    140: () => this.#pushText(this.#in.uint(1)), // SHORT_BINUNICODE
    88: () => this.#pushText(this.#in.uint(4)), // BINUNICODE
    67: () => this.#pushNew(this.#in.bytes(this.#in.uint(1))), // SHORT_BINBYTES
    66: () => this.#pushNew(this.#in.bytes(this.#in.uint(4))), // BINBYTES
    142: () => this.#pushNew(this.#in.bytes(this.#in.uint(8))), // BINBYTES8
    150: () => this.#pushNew(this.#in.bytes(this.#in.uint(8))), // BYTEARRAY8
    41: () => this.#pushNew([]), // EMPTY_TUPLE
    93: () => this.#pushNew([]), // EMPTY_LIST
    133: () => this.#pushNew(this.#popMany(1)), // TUPLE1
    134: () => this.#pushNew(this.#popMany(2)), // TUPLE2
    135: () => this.#pushNew(this.#popMany(3)), // TUPLE3
    116: () => this.#pushNew(this.#popMark()), // TUPLE
    97: () => this.#appendTo(this.#popMany(1)), // APPEND
    101: () => this.#appendTo(this.#popMark()), // APPENDS
    125: () => this.#pushNew(new Map()), // EMPTY_DICT
    115: () => this.#setItems(this.#popMany(2)), // SETITEM
    117: () => this.#setItems(this.#popMark()), // SETITEMS
    99: () => this.#name(`${this.#in.line()} ${this.#in.line()}`), // GLOBAL
    147: () => this.#stackName(), // STACK_GLOBAL
    82: () => this.#call(), // REDUCE
    129: () => this.#call(), // NEWOBJ
    98: () => this.#build(), // BUILD
    81: () => this.#persistent(), // BINPERSID
    113: () => this.#memorise(this.#in.uint(1)), // BINPUT
    114: () => this.#memorise(this.#in.uint(4)), // LONG_BINPUT
    148: () => this.#memorise(this.#memo.size), // MEMOIZE
    104: () => this.#recall(this.#in.uint(1)), // BINGET
    106: () => this.#recall(this.#in.uint(4)), // LONG_BINGET
  }
}

/**
 * Reads the pickle that begins at byte `at`; `end` is the byte after it. dict becomes Map, list and tuple become arrays, bytes become
 * Uint8Array. file: how errors call it.
 */
export function readPickle(
  bytes: Uint8Array,
  file: string,
  options: PickleOptions,
  at = 0,
): { value: unknown; end: number } {
  const input = new PickleReader(bytes, at, file)
  const value = new Machine(input, options).run()
  return { value, end: input.at }
}
