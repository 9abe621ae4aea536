/** Runs the `bpd` command. Exit codes: 0, 1 (the work failed), 2 (bad input), 130 (interrupted). */
import { CommanderError } from 'commander'
import { FailedError, InputError } from '../runtime-as/errors.ts'
import { Interrupted } from '../trainer/interrupted.ts'
import { listenForInterrupts } from './interrupt.ts'
import { program } from './program.ts'
import { printable } from './report/words.ts'

listenForInterrupts()

try {
  await program.parseAsync(process.argv)
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
