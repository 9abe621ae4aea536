/** Standard output is for the result of a verb alone: what a task's own code prints there goes to standard error. */
const write = process.stdout.write.bind(process.stdout)

/** From now on, whoever else writes to stdout writes to stderr. Threads do so by themselves (trainer/data/asked-worker.ts). */
export function keepStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr)
}

/** Text, as it is, on stdout. */
export function printRaw(text: string): void {
  write(text)
}

/** A line on stdout. */
export const print = (line: string): void => printRaw(`${line}\n`)

/** Resolves once all that was printed before, on either output, is with the system: a pipe may be slow. */
export async function printed(): Promise<void> {
  // whoever has gone reads no more
  const through = (write: (text: string, done: () => void) => void) =>
    new Promise<void>((done) => write('', () => done()))
  await Promise.all([through(write), through((text, done) => process.stderr.write(text, done))])
}
