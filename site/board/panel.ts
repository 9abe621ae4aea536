/** The board's part of the page: connect, flash, bench, and drive the robot of the stage through the line. */

import type { Memory } from '../../firmware-bridge/emulators/rot.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { runs } from '../../firmware-bridge/host/info.ts'
import { ensureRuns, spreadOf } from '../../firmware-bridge/host/measure.ts'
import { crc32 } from '../../runtime-as/kernel/kernel.ts'
import { byId, el, say, table } from '../dom.ts'
import type { Stage } from '../stage.ts'
import { duration, grouped, hex, reasonOf } from '../words.ts'
import { Drive } from './drive.ts'
import { EMULATED } from './pico.ts'
import type { BrowserPort, OpenPort } from './port.ts'
import { portsOf } from './ports.ts'
import { aftermath, flipWords, type Look, lookAt, statsTable } from './rot.ts'

/** inferences of a bench */
const INFERENCES = 100

export class BoardPanel {
  readonly #stage: Stage
  #board: Board | undefined
  #port: BrowserPort | undefined
  #open: OpenPort | undefined
  #drive: Drive | undefined
  #busy = false
  /** of those that can be had here */
  readonly #ports: HTMLButtonElement[]
  /** where the focus was before it was disabled */
  #focused: Element | null = null
  #closing = Promise.resolve()
  /** what the board was and had counted when it was last asked; what was flipped since while it drove, in words */
  #seen: Look | undefined
  #flipped = ''

  /** firmware: bytes of the emulated Pico's image */
  constructor(stage: Stage, firmware: () => Promise<Uint8Array>) {
    this.#stage = stage
    const ports = portsOf(firmware)
    const buttons = ports.map((port) =>
      el(
        'button',
        {
          type: 'button',
          disabled: port.missing !== undefined,
          title: port.missing ?? '',
          click: () => this.#connect(port),
        },
        port.label,
      ),
    )
    const missing = ports.flatMap((port) => port.missing ?? [])
    this.#ports = buttons.filter(({ disabled }) => !disabled)
    byId('board-ports').append(...buttons, ...missing.map((text) => el('span', { class: 'hint' }, text)))
    byId('board-flash').addEventListener('click', () => this.#ask())
    byId('board-keep').addEventListener('click', () => this.#work('Keeping it', (board) => board.confirm()))
    byId('board-bench').addEventListener('click', () => this.#work('Measuring', (board) => this.#bench(board)))
    byId('board-loop').addEventListener('click', () => this.#loop())
    for (const memory of ['flash', 'ram'] as const)
      byId(`board-flip-${memory}`).addEventListener('click', () => void this.#flip(memory))
    byId('board-close').addEventListener('click', () => this.#close())
    const dialog = byId<HTMLDialogElement>('board-ask')
    byId('board-no').addEventListener('click', () => dialog.close())
    for (const [id, confirm] of [
      ['board-yes', true],
      ['board-trial', false],
    ] as const) {
      byId(id).addEventListener('click', () => {
        dialog.close()
        void this.#work('Flashing', (board) => this.#flash(board, confirm))
      })
    }
    stage.onChanged = () => this.#facts()
  }

  /** While something is under way, what would do nothing is disabled. */
  #occupied(on: boolean): void {
    this.#busy = on
    if (on) this.#focused = document.activeElement
    const works = ['flash', 'keep', 'bench', 'loop'].map((name) => byId<HTMLButtonElement>(`board-${name}`))
    for (const button of [...this.#ports, ...works]) button.disabled = on
    if (!on && document.activeElement === document.body && this.#focused instanceof HTMLElement)
      this.#focused.focus({ preventScroll: true })
  }

  async #connect(port: BrowserPort): Promise<void> {
    if (this.#busy) return
    this.#occupied(true)
    let board: Board | undefined
    try {
      await this.#close()
      this.#tell(`Connecting to ${port.label.replace('…', '')}`)
      this.#open = await port.open()
      board = await Board.connect(this.#open, { timeout: port.realTime ? 1000 : EMULATED })
      this.#board = board
      this.#port = port
      say(byId('board-rot-state'), 'It looks at both by itself.')
      byId('board-rot').hidden = this.#open.flip === undefined
      board.onBenched = (done, count) => this.#progress(done / count)
      byId('board-work').hidden = false
      await this.#look(board)
      if (board === this.#board) this.#tell(`Connected to ${board.info.name}.`)
    } catch (error) {
      if (board === this.#board) this.#tell(reasonOf(error), true)
    } finally {
      this.#occupied(false)
    }
  }

  /** One after another: a port is open until its closing has ended. */
  #close(): Promise<void> {
    this.#closing = this.#closing.then(() => this.#end())
    return this.#closing
  }

  async #end(): Promise<void> {
    const board = this.#board
    // what is under way ends with an error that nobody asked about
    this.#board = this.#seen = undefined
    this.#flipped = ''
    this.#drive?.stop()
    await this.#drive?.done.catch(() => {})
    await board?.close().catch(() => {})
    byId('board-work').hidden = true
    byId('board-figures').replaceChildren()
    this.#tell('')
  }

  /** One thing at a time; what it throws is told in a line. */
  async #work(what: string, work: (board: Board) => Promise<unknown>): Promise<void> {
    const board = this.#board
    if (!board || this.#busy) return
    this.#occupied(true)
    const tell = (text: string, bad = false) => {
      if (board === this.#board) this.#tell(text, bad)
    }
    tell(`${what} …`)
    try {
      await work(board)
      tell(`${what}: done.`)
    } catch (error) {
      tell(reasonOf(error), true)
    } finally {
      this.#progress()
      if (board === this.#board) await this.#look(board).catch(() => {})
      this.#occupied(false)
    }
  }

  /** Asks the board anew, and what it made of a bit that was flipped while it drove. */
  async #look(board: Board): Promise<void> {
    const words = this.#flipped
    this.#flipped = ''
    if (words && this.#seen) say(byId('board-rot-state'), `${words} ${await aftermath(board, this.#seen)}`)
    const seen = await lookAt(board)
    if (board !== this.#board) return
    this.#seen = seen
    this.#facts()
  }

  #ask(): void {
    const student = this.#student()
    if (!this.#board || !student || this.#busy) return
    const { name, policy } = this.#board.info
    const asked = `${student.name}, ${grouped(student.bytes.length)} bytes, CRC-32 ${hex(student.crc)},`
    const tested = "runs once the board's own self-test has passed"
    say(
      byId('board-ask-text'),
      policy
        ? `${name} runs the policy of CRC-32 ${hex(policy.crc)}. ${asked} goes to its other slot and ${tested}. On trial, a reset brings the old one back.`
        : `${name} runs no policy. ${asked} ${tested}; there is none yet that a trial could go back to.`,
    )
    byId<HTMLDialogElement>('board-ask').showModal()
  }

  #student() {
    return this.#stage.pair?.sides[1].actor
  }

  async #flash(board: Board, confirm: boolean): Promise<void> {
    const student = this.#student()
    if (student) await board.install(student.bytes, (sent, total) => this.#progress(sent / total), { confirm })
  }

  async #bench(board: Board): Promise<void> {
    const { min, median, max } = spreadOf(await board.bench(INFERENCES))
    const { clockHz } = board.info
    const figures = [
      ['median', grouped(median), duration(median / clockHz)],
      ['least', grouped(min), duration(min / clockHz)],
      ['most', grouped(max), duration(max / clockHz)],
    ]
    const caption = `${INFERENCES} inferences: ${this.#port!.counter}`
    byId('board-figures').replaceChildren(table(caption, ['', 'cycles', 'time'], figures))
  }

  async #loop(): Promise<void> {
    if (this.#drive) {
      this.#drive.stop()
      return
    }
    const button = byId<HTMLButtonElement>('board-loop')
    await this.#work('Driving', async (board) => {
      const student = this.#student()
      if (!student || !this.#stage.pair) return
      if (!runs(board.info, student.bytes, crc32(student.bytes)))
        throw new Error('The board runs another policy than the student on the stage: flash it first.')
      await ensureRuns(board, student.bytes)
      // a change while the board was asked
      if (this.#student() !== student) throw new Error('Another student was chosen meanwhile: flash it first.')
      this.#drive = new Drive(board, this.#stage, student, this.#port!.realTime)
      byId('board-figures').replaceChildren(this.#drive.view)
      say(button, 'Stop')
      button.disabled = false
      try {
        await this.#drive.done
      } finally {
        this.#drive = undefined
        button.disabled = true
        say(button, 'Drive the robot')
      }
    })
  }

  /** In the memory of an emulated board. While it drives, the next answers tell what it makes of it. */
  async #flip(memory: Memory): Promise<void> {
    const [board, flip] = [this.#board, this.#open?.flip]
    if (!board || !flip) return
    const state = byId('board-rot-state')
    say(state, '…')
    const flipped = async () => {
      const words = flipWords(await flip(memory, Math.random()))
      say(state, words)
      return words
    }
    if (this.#busy)
      await flipped().then(
        (words) => {
          this.#flipped = words
        },
        (error) => {
          if (board === this.#board) say(state, reasonOf(error))
        },
      )
    else
      await this.#work('Looking at itself', async (board) => {
        this.#seen = await lookAt(board)
        this.#flipped = await flipped()
      })
  }

  #facts(): void {
    if (!this.#board) return
    const { info } = this.#board
    const { policy } = info
    byId('board-keep').hidden = policy === undefined || policy.confirmed
    const student = this.#student()
    const rows: [string, string][] = [
      ['board', info.name],
      ['clock', `${info.clockHz / 1e6} MHz`],
      ['firmware', `CRC-32 ${hex(info.firmware)}, ${grouped(info.imageBytes)} bytes, protocol ${info.protocol}`],
      [
        'RAM',
        `${grouped(info.staticBytes)} bytes, stack ${grouped(info.stackUsed)} of ${grouped(info.stackBytes)} used`,
      ],
    ]
    if (!policy) rows.push(['policy', 'none'])
    else {
      const same = student && runs(info, student.bytes, student.crc) ? ', the student on the stage' : ''
      rows.push(
        ['policy', `CRC-32 ${hex(policy.crc)}, ${grouped(policy.bytes)} bytes${same}`],
        ['slot', `${policy.slot}, ${policy.confirmed ? 'confirmed' : 'on trial'}, installation ${policy.generation}`],
      )
    }
    if (info.fault) rows.push(['last fault', info.fault])
    if (info.failsafe) rows.push(['failsafe', info.failsafe])
    const tables = [
      table('What it says of itself', ['', ''], rows),
      ...(this.#seen ? [statsTable(this.#seen.counted)] : []),
    ]
    byId('board-facts').replaceChildren(...tables)
  }

  #tell(text: string, bad = false): void {
    const state = byId('board-state')
    say(state, text)
    state.classList.toggle('bad', bad)
  }

  /** share: absent: nothing is under way */
  #progress(share?: number): void {
    const bar = byId<HTMLProgressElement>('board-progress')
    bar.hidden = share === undefined
    if (share !== undefined) bar.value = share
  }
}
