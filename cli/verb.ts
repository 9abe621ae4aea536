/** What every verb has: an example in its help, `--json`, and options that are checked as they are read. */
import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'

export interface CommonOptions {
  json: boolean
}

/** A new verb. usage: its name and arguments; example: one full command line. */
export function addVerb(program: Command, usage: string, description: string, example: string): Command {
  return program
    .command(usage)
    .description(description)
    .option('--json', 'print one JSON object on stdout (progress goes to stderr)', false)
    .addHelpText('after', `\nExample:\n  ${example}`)
}

/** Parses an integer within [low, high]. */
export function integer(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a whole number ${range(low, high)}.`)
    return value
  }
}

/** Parses a finite number within [low, high]. */
export function number(low = -Infinity, high = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a number ${range(low, high)}.`)
    return value
  }
}

/** Parses a comma-separated list. */
export function list<T>(item: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map(item)
}

const range = (low: number, high: number) =>
  high === Infinity || high === Number.MAX_SAFE_INTEGER ? `>= ${low}` : `from ${low} to ${high}`

export const seedOption = () =>
  new Option('--seed <n>', 'seed of every random stream').argParser(integer(0, 0xffffffff)).default(1)
export const threadsOption = () =>
  new Option('--threads <n>', 'threads of the training step (the result does not depend on it)')
    .argParser(integer(1, 64))
    .default(availableParallelism(), 'cores')
export const episodesOption = (episodes: number) =>
  new Option('--episodes <n>', 'episodes to evaluate on').argParser(integer(1)).default(episodes)
export const workersOption = () =>
  new Option('--workers <n>', 'environments at a time, a thread and some 75 MB each (the result does not depend on it)')
    .argParser(integer(1, 64))
    // more would take more than 200 MB beside the data
    .default(Math.min(2, availableParallelism()), '2, on one core 1')
