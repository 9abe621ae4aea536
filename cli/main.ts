/** The `bpd` command: one file a verb. Exit codes: 0, 1 (the work failed), 2 (bad input), 130 (interrupted). */
import { Command, CommanderError, type OutputConfiguration } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { FailedError, InputError } from '../runtime-as/errors.ts'
import { Interrupted } from '../trainer/interrupted.ts'
import { listenForInterrupts } from './interrupt.ts'
import { printable } from './report/words.ts'
import { addAblate } from './verbs/ablate.ts'
import { addBench } from './verbs/bench.ts'
import { addBoards } from './verbs/boards.ts'
import { addCollect } from './verbs/collect.ts'
import { addDemo } from './verbs/demo.ts'
import { addDistill } from './verbs/distill.ts'
import { addEval } from './verbs/eval.ts'
import { addExport } from './verbs/export.ts'
import { addFlash } from './verbs/flash.ts'
import { addImport, withImport } from './verbs/import.ts'
import { addInspect } from './verbs/inspect.ts'
import { addLoop } from './verbs/loop.ts'
import { addQuantise } from './verbs/quantise.ts'
import { addReproduce } from './verbs/reproduce.ts'
import { addTeach } from './verbs/teach.ts'

listenForInterrupts()

const program = new Command('bpd')
  .description('Distills a trained control policy into a tiny sparse one and puts it on a microcontroller.')
  .version(manifest.version)
  .exitOverride()
  .configureOutput(errorsOf('bpd'))

/** One line, which names the help to look at. */
function errorsOf(command: string): OutputConfiguration {
  const line = (text: string) =>
    text
      .replace(/^error: /, 'bpd: ')
      .trim()
      .replaceAll('\n', ' ')
  return { outputError: (text, write) => write(`${line(text)} (see "${command} --help")\n`) }
}

const verbs = [
  addDemo,
  addAblate,
  addTeach,
  addImport,
  addCollect,
  addDistill,
  addQuantise,
  addReproduce,
  addEval,
  addInspect,
  addExport,
  addBoards,
  addFlash,
  addBench,
  addLoop,
]
for (const add of verbs) add(program)
for (const verb of program.commands) verb.configureOutput(errorsOf(`bpd ${verb.name()}`))

try {
  await program.parseAsync(withImport(process.argv))
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof Interrupted) {
    console.error(`bpd: ${error.message}`)
    process.exitCode = 130
  } else if (error instanceof InputError || error instanceof FailedError) {
    console.error(`bpd: ${printable(error.message)}`)
    process.exitCode = error instanceof InputError ? 2 : 1
  } else {
    console.error(
      `bpd: internal error: ${error instanceof Error ? (process.env.BPD_DEBUG ? error.stack : error) : error}`,
    )
    process.exitCode = 1
  }
  // an emulator or a port may still be open
  process.exit()
}
