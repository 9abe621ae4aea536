/** What every verb has: an example in its help, `--json`, and options that are checked as they are read. */
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option, type OutputConfiguration } from 'commander'
import { brief } from '../trainer/files/brief.ts'
import { MOST_EPISODES } from '../trainer/tasks/evaluate.ts'
import { takeConfig } from './config.ts'
import type { Parser } from './parser.ts'
import { printRaw } from './prints.ts'
import { beQuiet } from './terminal.ts'

export interface CommonOptions {
  json: boolean
}

/** The headings of `bpd --help`. */
export type Group =
  | 'Start here:'
  | 'Make a teacher:'
  | 'Make a student:'
  | 'Look at it:'
  | 'On a board:'
  | 'Study:'
  | 'At the command line:'

interface Facts {
  group: Group
  description: string
  /** one full command line */
  example: string
}

/** A new verb. usage: its name and arguments. Its options and what it does are chained to it. */
export function verb(usage: string, { group, description, example }: Facts): Command {
  // the parser's own way to read a usage
  return new Verb()
    .command(usage)
    .helpGroup(group)
    .description(description)
    .addHelpText('after', `\nExample:\n  ${example}`)
}

/** Gives a verb what all have, and the program the verb. */
export function register(program: Command, verb: Command): void {
  verb
    .copyInheritedSettings(program)
    .optionsGroup('Of every verb:')
    .option('--config <file>', 'options as JSON or YAML, by their long names ("tune-updates: 500"); a flag wins')
    .option('--json', 'print one JSON object on stdout, also where it fails', false)
    .option('--quiet', 'no progress on stderr', false)
    .helpOption('-h, --help', 'show this')
    .hook('preAction', refuseEmpty)
  program.addCommand(verb)
}

/** As a shell gives it where a variable is not set: a path of that name would be the root, or nowhere. */
function refuseEmpty(verb: Command): void {
  const option = verb.options.find((one) => verb.getOptionValue(one.attributeName()) === '')
  const where = option ? `option '${option.flags}'` : verb.args.includes('') ? 'an argument' : undefined
  if (where !== undefined) verb.error(`error: ${where} is empty, expected some text.`)
}

/** One line, which names the help to look at. */
export function errorsOf(command: string): OutputConfiguration {
  const line = (text: string) =>
    text
      .replace(/^error: /, 'bpd: ')
      .trim()
      .replaceAll('\n', ' ')
  return {
    writeOut: printRaw,
    outputError: (text, write) => write(`${line(text)} (see "${command} --help")\n`),
  }
}

/** A command that takes options from a file too. */
class Verb extends Command {
  override createCommand(name?: string): Command {
    return new Verb(name)
  }

  override addOption(option: Option): this {
    // as it would be typed
    if (Array.isArray(option.defaultValue)) option.defaultValueDescription ??= option.defaultValue.join(',')
    return super.addOption(option)
  }

  override parseOptions(words: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(words)
    const { config } = this.opts<{ config?: string }>()
    if (config !== undefined) takeConfig(this, config)
    if (this.opts().quiet) beQuiet()
    // done with: what a verb gets may go into a record of the run
    for (const key of ['config', 'quiet']) this.setOptionValue(key, undefined)
    return parsed
  }
}

/** Parses an integer within [low, high]. */
export function integer(low: number, high = Number.MAX_SAFE_INTEGER): Parser<number> {
  const parse = (text: string) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a whole number ${range(low, high)}.`)
    return value
  }
  return Object.assign(parse, { takes: 'number' as const })
}

/** Parses a finite number within [low, high]. */
export function number(low = -Infinity, high = Infinity): Parser<number> {
  const parse = (text: string) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new InvalidArgumentError(`Expected a number ${range(low, high)}.`)
    return value
  }
  return Object.assign(parse, { takes: 'number' as const })
}

/** The first that comes again; undefined where each comes once. */
export const repeated = <T>(all: readonly T[]): T | undefined => all.find((one, i) => all.indexOf(one) < i)

/** Parses a comma-separated list. */
export function list<T>(item: (text: string) => T): Parser<T[]> {
  return Object.assign((text: string) => text.split(',').map((part) => item(part)), { takes: 'list' as const })
}

/** The same, of names that come once each: one that came twice would count twice. */
export function names<T extends string>(item: (text: string) => T): Parser<T[]> {
  const parse = (text: string) => {
    const all = text.split(',').map((part) => item(part.trim()))
    const twice = repeated(all)
    if (twice !== undefined) throw new InvalidArgumentError(`Expected each name once, ${brief(twice)} comes twice.`)
    return all
  }
  return Object.assign(parse, { takes: 'list' as const })
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
  new Option('--episodes <n>', 'episodes to evaluate on').argParser(integer(1, MOST_EPISODES)).default(episodes)
export const workersOption = () =>
  new Option('--workers <n>', 'environments at a time, a thread and some 75 MB each (the result does not depend on it)')
    .argParser(integer(1, 64))
    // more would take more than 200 MB beside the data
    .default(Math.min(2, availableParallelism()), '2, on one core 1')
