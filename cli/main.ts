/** Runs the `bpd` command. Exit codes: 0, 1 (the work failed), 2 (bad input), 130 (interrupted); the rest: docs/command-line.md. */
import { type Command, CommanderError } from 'commander'
import { fail, failureOf, leave, watchEnd, watchOutputs } from './errors.ts'
import { listenForInterrupts } from './interrupt.ts'
import { keepStdout } from './prints.ts'
import { programFor, wordsToRead } from './program.ts'

let program: Command | undefined

/** Also before, or without, a command line that can be read. */
const wantsJson = (): boolean => {
  const words = process.argv.slice(2)
  const end = words.indexOf('--')
  const said = (end < 0 ? words : words.slice(0, end)).includes('--json')
  return said || (program?.commands.some((verb) => verb.opts().json) ?? false)
}
const failed = (error: unknown): never => fail(failureOf(error), wantsJson())

keepStdout()
watchOutputs()
watchEnd(wantsJson)
process.on('uncaughtException', failed)
listenForInterrupts((code) => fail({ kind: 'interrupted', message: 'interrupted', code, said: true }, wantsJson()))

try {
  const words = wordsToRead(process.argv.slice(2))
  program = await programFor(words)
  await program.parseAsync(words, { from: 'user' })
} catch (error) {
  const helped = error instanceof CommanderError && error.exitCode === 0
  if (!helped) failed(error)
}
await leave()
