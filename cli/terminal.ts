/** Progress on stderr, results on stdout. */
import type { Ora } from 'ora'
import { print } from './prints.ts'
import { printable } from './report/words.ts'

let quiet = false

/** From now on progress says nothing. */
export function beQuiet(): void {
  quiet = true
}

/** What progress is: a line that moves, lines, or nothing. */
type Form = Ora | 'lines' | 'nothing'

/** between frames of a line that moves, and between lines */
const [FRAME_MS, LINE_MS] = [80, 5000]

/** One line that changes while a phase runs: animated on a terminal, a line every few seconds elsewhere. */
export class Progress {
  #form: Form
  #printed = performance.now()
  #text: string
  /** from where the time left is counted: what was done before this run came at once */
  #begun = { at: performance.now(), share: 0 }
  #share = 0
  readonly #started = performance.now()

  constructor(text: string, form: Form) {
    this.#text = text
    this.#form = form
    if (form === 'lines') console.error(text)
    // without a width no line can be taken away again
    if (typeof form === 'object') process.stderr.on('resize', this.#resized)
  }

  /** share: of the phase that is done, to tell the time left by */
  update(text: string, share?: number): void {
    const now = performance.now()
    this.#text = share === undefined ? text : `${text}${this.#left(share, now)}`
    if (this.#form === 'nothing') return
    if (this.#form !== 'lines') this.#form.text = this.#text
    if (now - this.#printed < (this.#form === 'lines' ? LINE_MS : FRAME_MS)) return
    this.#printed = now
    if (this.#form === 'lines') console.error(this.#text)
    // the timer of its own does not run while work does
    else this.#form.render()
  }

  done(text = this.#text): void {
    if (this.#form === 'lines') console.error(text)
    else if (this.#form !== 'nothing') this.#form.succeed(text)
    this.end()
  }

  /** Takes the line away, before an error is printed. */
  end(): void {
    process.stderr.off('resize', this.#resized)
    if (typeof this.#form === 'object') this.#form.stop()
  }

  #left(share: number, now: number): string {
    // work of another kind begins where the share falls
    if (now - this.#started < 1000 || share < this.#share) this.#begun = { at: now, share }
    this.#share = share
    const { at, share: before } = this.#begun
    if (share <= before) return ''
    return `, ${seconds(((now - at) / 1000) * ((1 - share) / (share - before)))} left`
  }

  #resized = () => {
    if (process.stderr.columns > 0 || typeof this.#form !== 'object') return
    this.#form.stop()
    this.#form = 'lines'
  }
}

/** Runs `work` under a progress line. */
export async function withProgress<T>(text: string, work: (progress: Progress) => T | Promise<T>): Promise<T> {
  const progress = new Progress(text, await formOf(text))
  try {
    return await work(progress)
  } finally {
    progress.end()
  }
}

async function formOf(text: string): Promise<Form> {
  if (quiet) return 'nothing'
  return canMove() ? await spinnerOf(text) : 'lines'
}

/** Whether a line on stderr can be written over: some terminals say that they have no columns, and ora says nothing to a dumb one or to CI's. */
function canMove(): boolean {
  const { isTTY, columns } = process.stderr
  return isTTY && columns > 0 && process.env.TERM !== 'dumb' && !('CI' in process.env)
}

async function spinnerOf(text: string): Promise<Ora> {
  const { default: ora } = await import('ora')
  return ora({ text, stream: process.stderr, discardStdin: false }).start()
}

/** One line on stderr about what is doubtful, and goes on. */
export const warn = (text: string): void => console.error(`bpd: warning: ${printable(text)}`)

/** One line on stderr that nobody needs. */
export function say(text: string): void {
  if (!quiet) console.error(`bpd: ${text}`)
}

/** The result of a verb: JSON, or what a person reads. */
export function printResult(json: boolean, result: unknown, human: () => string): void {
  print(json ? JSON.stringify(result) : human())
}

/** 75 -> "75 s", 200 -> "3 min 20 s", 40000 -> "11 h" */
export function seconds(duration: number): string {
  const whole = Math.round(duration)
  const minutes = Math.floor(whole / 60)
  if (whole < 90) return `${whole} s`
  return minutes < 600 ? `${minutes} min ${whole % 60} s` : `${Math.round(minutes / 60)} h`
}
