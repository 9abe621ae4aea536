/** Runs `bpd` commands as processes of their own, a few at a time. */
import { spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailedError } from '../../runtime-as/errors.ts'

const bpd = fileURLToPath(new URL(`../../cli/bpd${extname(import.meta.url)}`, import.meta.url))

/** Runs one command with --json and gives its result; `onError` gets what it writes to stderr. Throws FailedError with the command's own message where it fails. */
export function runBpd(
  words: readonly string[],
  onError: (text: string) => void = () => {},
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bpd, ...words, '--json'], {
      // nothing is sent over the channel: its end tells the job that this process is gone
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const leave = () => child.kill()
    process.once('exit', leave)
    let stdout = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr!.setEncoding('utf8').on('data', onError)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.off('exit', leave)
      const answer = answerOf(stdout)
      if (code === 0 && answer) resolve(answer)
      else reject(new FailedError(`bpd ${words.join(' ')}: ${answer?.error?.message ?? signal ?? 'no answer'}`))
    })
  })
}

/** What a job printed; undefined where it was killed before it had said all. */
function answerOf(stdout: string): { [field: string]: unknown; error?: { message: string } } | undefined {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}

/** Runs jobs, at most `size` at once, in order of their beginning; the first failure ends it. */
export async function inPool<T>(size: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = new Array(jobs.length)
  let next = 0
  const worker = async () => {
    while (next < jobs.length) {
      const i = next++
      results[i] = await jobs[i]()
    }
  }
  await Promise.all(Array.from({ length: Math.min(size, jobs.length) }, worker))
  return results
}
