/** Progress on stderr, results on stdout. */
import type { Ora } from 'ora'

/** One line that changes while a phase runs: animated on a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #spinner: Ora | undefined
  #printed = performance.now()
  #text: string

  /** spinner: none where stderr is no terminal */
  constructor(text: string, spinner?: Ora) {
    this.#text = text
    this.#spinner = spinner
    if (!spinner) console.error(text)
  }

  update(text: string): void {
    this.#text = text
    if (this.#spinner) this.#spinner.text = text
    else if (performance.now() - this.#printed > 5000) {
      console.error(text)
      this.#printed = performance.now()
    }
  }

  done(text = this.#text): void {
    if (this.#spinner) this.#spinner.succeed(text)
    else console.error(text)
  }

  /** Takes the line away before an error is printed. */
  fail(): void {
    this.#spinner?.stop()
  }
}

/** Runs `work` under a progress line. */
export async function withProgress<T>(text: string, work: (progress: Progress) => T | Promise<T>): Promise<T> {
  const progress = new Progress(text, process.stderr.isTTY ? await spinnerOf(text) : undefined)
  try {
    return await work(progress)
  } catch (error) {
    progress.fail()
    throw error
  }
}

async function spinnerOf(text: string): Promise<Ora> {
  const { default: ora } = await import('ora')
  return ora({ text, stream: process.stderr, discardStdin: false }).start()
}

/** The result of a verb: JSON, or what a person reads. */
export function printResult(json: boolean, result: unknown, human: () => string): void {
  console.log(json ? JSON.stringify(result) : human())
}

/** 75 -> "75 s", 200 -> "3 min 20 s" */
export function seconds(duration: number): string {
  const whole = Math.round(duration)
  return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
