/** A task behind `exec:COMMAND`: a simulator in any language, in processes of its own. */
import { statSync } from 'node:fs'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { readNamed } from '../../files/access.ts'
import { sha256 } from '../../files/sha256.ts'
import type { Random } from '../../random.ts'
import { CheckedTask } from '../own/checked-task.ts'
import type { Environment } from '../own/definition.ts'
import type { TaskEntry } from '../task.ts'
import { SimulatorProcess } from './process.ts'
import { type Hello, readAnswer, readHello, resetMessage, stepMessage } from './protocol.ts'

const PREFIX = 'exec:'
/** bytes of a file named in the command of which the sha256 is told */
const MOST_BYTES = 256 * 2 ** 20

export const isCommand = (name: string): boolean => name.startsWith(PREFIX)

/** Starts a process for its first line. Throws InputError. */
export function openSimulator(name: string): TaskEntry {
  const words = wordsOf(name.slice(PREFIX.length), name)
  const processes = new Processes(words, name)
  const { hello } = processes
  return {
    recipe: hello.recipe,
    survivalBonus: hello.survivalBonus,
    origin: { task: name, files: filesIn(words) },
    create: () => new CheckedTask(hello.spec, new Simulator(processes, name), name),
  }
}

/** The processes of one command that nobody uses, and how to have another. */
class Processes {
  readonly hello: Hello
  readonly #words: readonly string[]
  readonly #name: string
  readonly #line: string
  readonly #idle: SimulatorProcess[]
  /** those of environments that nobody closed */
  readonly #unclosed = new FinalizationRegistry<SimulatorProcess>((process) => this.give(process))

  constructor(words: readonly string[], name: string) {
    this.#words = words
    this.#name = name
    const first = new SimulatorProcess(words, name)
    this.#line = first.hello
    try {
      this.hello = readHello(first.hello, name)
    } catch (error) {
      first.close()
      throw error
    }
    this.#idle = [first]
  }

  take(owner: object): SimulatorProcess {
    const process = this.#idle.pop() ?? new SimulatorProcess(this.#words, this.#name)
    if (process.hello !== this.#line) {
      process.close()
      throw new FailedError(`${this.#name}: another first line than when it was started before, expected the same`)
    }
    this.#unclosed.register(owner, process, owner)
    return process
  }

  give(process: SimulatorProcess, owner?: object): void {
    if (owner) this.#unclosed.unregister(owner)
    this.#idle.push(process)
  }
}

class Simulator implements Environment {
  readonly observation: Float64Array
  terminated = false
  readonly #processes: Processes
  readonly #name: string
  #process: SimulatorProcess | undefined

  constructor(processes: Processes, name: string) {
    this.#processes = processes
    this.#name = name
    this.observation = new Float64Array(processes.hello.spec.observationNames.length)
  }

  reset(random: Random): void {
    this.#process ??= this.#processes.take(this)
    const count = this.#process.next()
    this.#take(this.#process.ask(resetMessage(count, random.uint32()), 'an answer to reset'), count)
    if (this.terminated)
      throw new FailedError(`${this.#name}: reset: an episode that has ended, expected one that begins`)
  }

  step(action: ArrayLike<number>): number {
    const process = this.#process!
    const count = process.next()
    return this.#take(
      process.ask(stepMessage(count, action, this.#processes.hello.numbers), 'an answer to a step'),
      count,
    )
  }

  close(): void {
    if (this.#process) this.#processes.give(this.#process, this)
    this.#process = undefined
  }

  #take(body: Uint8Array, count: number): number {
    const answer = readAnswer(body, count, this.#processes.hello.numbers, this.observation)
    if (typeof answer === 'string') throw new FailedError(`${this.#name}: ${answer}`)
    this.terminated = answer.terminated
    return answer.reward
  }
}

/** The words of a command; quotes of either kind keep spaces together. No shell reads it. */
export function wordsOf(command: string, name: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (const character of command) {
    if (quote !== '' && character !== quote) word += character
    else if (quote !== '') quote = ''
    else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (!/\s/.test(character)) word = (word ?? '') + character
    else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  if (word !== undefined) words.push(word)
  if (quote !== '') throw new InputError(`task ${JSON.stringify(name)}: expected a closing ${quote}`)
  if (!words[0]) throw new InputError(`task ${JSON.stringify(name)}: expected a command behind "${PREFIX}"`)
  return words
}

/** sha256 of the words that are files. */
function filesIn(words: readonly string[]): Record<string, string> {
  const files = words.filter((word) => {
    const found = statSync(word, { throwIfNoEntry: false })
    return found?.isFile() && found.size <= MOST_BYTES
  })
  return Object.fromEntries(files.map((file) => [file, sha256(readNamed(file))]))
}
