/** The `bpd` command: its verbs, one file each, and what its help looks like. */
import { Command, Help, type OutputConfiguration } from 'commander'
import { version } from './package.ts'
import { register } from './verb.ts'
import { ablateVerb } from './verbs/ablate.ts'
import { benchVerb } from './verbs/bench.ts'
import { boardsVerb } from './verbs/boards.ts'
import { checkVerb } from './verbs/check.ts'
import { collectVerb } from './verbs/collect.ts'
import { completionVerb } from './verbs/completion.ts'
import { demoVerb } from './verbs/demo.ts'
import { distillVerb } from './verbs/distill.ts'
import { evalVerb } from './verbs/eval.ts'
import { exportVerb } from './verbs/export.ts'
import { flashVerb } from './verbs/flash.ts'
import { importVerb } from './verbs/import.ts'
import { inspectVerb } from './verbs/inspect.ts'
import { loopVerb } from './verbs/loop.ts'
import { quantiseVerb } from './verbs/quantise.ts'
import { reproduceVerb } from './verbs/reproduce.ts'
import { teachVerb } from './verbs/teach.ts'

/** In the order of the help. */
const verbs = [
  demoVerb,
  teachVerb,
  importVerb,
  collectVerb,
  distillVerb,
  quantiseVerb,
  evalVerb,
  inspectVerb,
  checkVerb,
  exportVerb,
  boardsVerb,
  flashVerb,
  benchVerb,
  loopVerb,
  ablateVerb,
  reproduceVerb,
  completionVerb,
]

export const program = new Command('bpd')
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
      return option.defaultValue === false ? option.description : Help.prototype.optionDescription.call(this, option)
    },
  })
  .configureOutput(errorsOf('bpd'))

for (const verb of verbs) {
  register(program, verb)
  verb.configureOutput(errorsOf(`bpd ${verb.name()}`))
}

/** One line, which names the help to look at. */
function errorsOf(command: string): OutputConfiguration {
  const line = (text: string) =>
    text
      .replace(/^error: /, 'bpd: ')
      .trim()
      .replaceAll('\n', ' ')
  return { outputError: (text, write) => write(`${line(text)} (see "${command} --help")\n`) }
}
