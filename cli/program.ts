/** The `bpd` command: its verbs, one file each, and what its help looks like. */
import { Command, Help } from 'commander'
import { version } from './package.ts'
import { errorsOf, register } from './verb.ts'

interface VerbRecord {
  load(): Promise<Command>
  /** what it does is about all verbs */
  ofAll?: true
}

/** In the order of the help. */
const verbs: Record<string, VerbRecord> = {
  demo: { load: async () => (await import('./verbs/demo.ts')).demoVerb },
  teach: { load: async () => (await import('./verbs/teach.ts')).teachVerb },
  import: { load: async () => (await import('./verbs/import.ts')).importVerb },
  collect: { load: async () => (await import('./verbs/collect.ts')).collectVerb },
  distill: { load: async () => (await import('./verbs/distill.ts')).distillVerb },
  search: { load: async () => (await import('./verbs/search.ts')).searchVerb },
  quantise: { load: async () => (await import('./verbs/quantise.ts')).quantiseVerb },
  eval: { load: async () => (await import('./verbs/eval.ts')).evalVerb },
  inspect: { load: async () => (await import('./verbs/inspect.ts')).inspectVerb },
  compare: { load: async () => (await import('./verbs/compare.ts')).compareVerb },
  view: { load: async () => (await import('./verbs/view.ts')).viewVerb },
  check: { load: async () => (await import('./verbs/check.ts')).checkVerb },
  export: { load: async () => (await import('./verbs/export.ts')).exportVerb },
  key: { load: async () => (await import('./verbs/key.ts')).keyVerb },
  sign: { load: async () => (await import('./verbs/sign.ts')).signVerb },
  boards: { load: async () => (await import('./verbs/boards.ts')).boardsVerb },
  emulate: { load: async () => (await import('./verbs/emulate.ts')).emulateVerb },
  flash: { load: async () => (await import('./verbs/flash.ts')).flashVerb },
  bench: { load: async () => (await import('./verbs/bench.ts')).benchVerb },
  qualify: { load: async () => (await import('./verbs/qualify.ts')).qualifyVerb },
  loop: { load: async () => (await import('./verbs/loop.ts')).loopVerb },
  ablate: { load: async () => (await import('./verbs/ablate.ts')).ablateVerb },
  study: { load: async () => (await import('./verbs/study.ts')).studyVerb },
  reproduce: { load: async () => (await import('./verbs/reproduce.ts')).reproduceVerb },
  completion: { load: async () => (await import('./verbs/completion.ts')).completionVerb, ofAll: true },
}

/** The command for this command line. Of its verbs only the one that is asked for is loaded, where one is: it starts in half the time. */
export async function programFor(words: readonly string[]): Promise<Command> {
  const asked = words.length > 0 && Object.hasOwn(verbs, words[0]) ? verbs[words[0]] : undefined
  const needed = asked && !asked.ofAll ? [asked] : Object.values(verbs)
  const program = bare()
  for (const verb of await Promise.all(needed.map(({ load }) => load()))) {
    register(program, verb)
    verb.configureOutput(errorsOf(`bpd ${verb.name()}`))
  }
  return program
}

/** The words of a command line to read: of one whose verb is none that word alone, as "--help" behind it would be answered for the program. */
export const wordsToRead = (words: readonly string[]): readonly string[] =>
  words.length === 0 || words[0].startsWith('-') || Object.hasOwn(verbs, words[0]) ? words : words.slice(0, 1)

const bare = () =>
  new Command('bpd')
    .description('Distills a trained control policy into a tiny sparse one and puts it on a microcontroller.')
    .version(version)
    .helpOption('-h, --help', 'show this, or "bpd <verb> --help" a verb\'s options')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({
      // also where little is left beside the names: a terminal of 60 columns
      minWidthToWrap: 20,
      // every verb has options
      subcommandTerm: (verb) => Help.prototype.subcommandTerm(verb).replace(' [options]', ''),
      // "(default: false)" at a flag says nothing
      optionDescription(option) {
        const said =
          option.defaultValue === false ? option.description : Help.prototype.optionDescription.call(this, option)
        return option.mandatory ? `${said} (required)` : said
      },
    })
    .configureOutput(errorsOf('bpd'))
