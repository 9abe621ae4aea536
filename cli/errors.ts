/** How `bpd` ends where it does not succeed: one line on stderr, one JSON object on stdout under --json, an exit code. */
import { CommanderError } from 'commander'
import { FailedError, InputError } from '../runtime-as/errors.ts'
import { Interrupted } from '../trainer/interrupted.ts'
import { print, printed } from './prints.ts'
import { printable } from './report/words.ts'

export interface Failure {
  /** usage: the command line itself; input: what it names; failed: the work; internal: a fault of bpd */
  kind: 'usage' | 'input' | 'failed' | 'interrupted' | 'internal'
  message: string
  code: number
  /** the parser has said it already */
  said?: boolean
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError)
    return { kind: 'usage', message: error.message.replace(/^error: /, '').replaceAll('\n', ' '), code: 2, said: true }
  if (error instanceof InputError) return { kind: 'input', message: printable(error.message), code: 2 }
  if (error instanceof FailedError) return { kind: 'failed', message: printable(error.message), code: 1 }
  if (error instanceof Interrupted) return { kind: 'interrupted', message: error.message, code: 130 }
  const missing = missingPackage(error)
  if (missing) return { kind: 'failed', message: `${missing} is not installed: npm install ${missing}`, code: 1 }
  const told = error instanceof Error && process.env.BPD_DEBUG ? error.stack : error
  return { kind: 'internal', message: `internal error: ${printable(String(told))}`, code: 1 }
}

/** The package that an import did not find; files of ours are none. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined
  return /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w-][\w.-]*)'/.exec(message)?.[1]
}

/** whether how it ends has been said, or need not be */
let done = false

/** The verb is through, and what it printed is on its way: the process ends, whatever a task still holds open. */
export async function leave(): Promise<never> {
  done = true
  await printed()
  process.exit()
}

/** Says it and ends the process: an emulator or a port may still be open. */
export function fail(failure: Failure, json: boolean): never {
  tell(failure, json)
  process.exit(failure.code)
}

function tell({ kind, message, said }: Failure, json: boolean): void {
  if (!said) console.error(`bpd: ${message}`)
  // one object, also where a signal comes while the result is on its way
  if (json && !done) print(JSON.stringify({ error: { kind, message } }))
  done = true
}

/** An end that came from elsewhere, as by process.exit in a task's own code, is none of success. */
export function watchEnd(json: () => boolean): void {
  process.on('exit', (code) => {
    if (done) return
    const message = `the process ended (exit ${code}) before the work was done: a task must not end it`
    tell({ kind: 'failed', message, code: 1 }, json())
    // what else is done on exit still is
    process.exitCode = 1
  })
}

/** A reader that has gone. stderr: the work goes on without. stdout: the result is what it was for. */
export function watchOutputs(): void {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // as a program in C ends there, by SIGPIPE
    done = true
    if (error.code === 'EPIPE') process.exit(141)
    console.error(`bpd: standard output: cannot be written (${error.code})`)
    process.exit(1)
  })
}
