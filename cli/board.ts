/** What the verbs that talk to a board share: the option, opening and closing, the progress of an upload. */
import { InvalidArgumentError, Option } from 'commander'
import { patienceOf } from '../firmware-bridge/host/board-options.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { committedImage } from '../firmware-bridge/host/images.ts'
import type { BoardInfo } from '../firmware-bridge/host/info.ts'
import type { Port } from '../firmware-bridge/host/port.ts'
import { kindOf, openPort } from '../firmware-bridge/host/ports.ts'
import { SpeedError } from '../firmware-bridge/host/speed.ts'
import type { UploadProgress } from '../firmware-bridge/host/upload.ts'
import { BoardState } from './board-state.ts'
import { duration, frequency, grouped, hex, printable } from './report/words.ts'
import { readSessionKey } from './session-key.ts'
import { type Progress, say, warn, withProgress } from './terminal.ts'
import { integer } from './verb.ts'

export const portOption = () =>
  new Option('--port <name>', 'serial port, or an emulated board ("bpd boards" lists both)')
    .argParser(portName)
    .default('pico-emulator')

/** Of an emulated board. */
export const stateOption = () =>
  new Option('--state <file>', "the emulated board's flash: read, and kept there for the next command")

export const baudOption = () =>
  new Option('--baud <n>', 'takes the line to this speed, bits per second, where board and adapter can').argParser(
    integer(1200, 12_000_000),
  )

export interface BoardChoice {
  port: string
  state?: string
  baud?: number
  /** file with the board's key */
  key?: string
}

/** Files that a board is opened with: no output may be one of them. */
export const boardFiles = ({ state, key }: Partial<BoardChoice>): string[] =>
  [state, key].filter((file) => file !== undefined)

export function portName(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a name.')
  return text
}

/** Opens the port, waits for the board, and closes the port whatever happens. `work` runs under a progress line. */
export async function withBoard<T>(
  { port, state: file, key: keyFile, baud }: BoardChoice,
  work: (board: Board, progress: Progress, line: Port) => Promise<T>,
): Promise<T> {
  const key = keyFile === undefined ? undefined : readSessionKey(keyFile)
  const state = file === undefined ? undefined : new BoardState(file, port)
  const line = await openPort(port, state?.flash)
  return await withProgress(`connecting to ${port}`, async (progress) => {
    const board = await Board.connect(line, { key, ...patienceOf(kindOf(port)) })
    board.onBenched = (done, count) =>
      progress.update(`measuring on ${port}: ${done}/${count} inferences`, done / count)
    try {
      if (baud !== undefined) await takeTo(board, baud, port)
      return await work(board, progress, line)
    } finally {
      await board.close()
      if (line.flash) await state?.save(line.flash)
    }
  })
}

/** What cannot be is said, and the line works as it did. */
async function takeTo(board: Board, baud: number, port: string): Promise<void> {
  board.onSlower = warn
  try {
    say(`${port}: the line is at ${grouped(baud)} baud, the board's end at ${grouped(await board.speed(baud))}`)
  } catch (error) {
    if (!(error instanceof SpeedError)) throw error
    warn(`--baud ${baud}: ${error.message}`)
  }
}

/** Shows how far an upload is. */
export const showInstall =
  (progress: Progress, what: string): UploadProgress =>
  (sent, total) =>
    sent < total
      ? progress.update(`sending ${what}: ${Math.floor((100 * sent) / total)} %`, sent / total)
      : progress.update(`the board tests ${what}`)

/** A number of cycles as time; '' where they tell none. */
export const timeOf = (port: string, cycles: number, clockHz: number): string =>
  kindOf(port).cyclesAreTime ? duration(cycles / clockHz) : ''

/** What firmware and policies take of the board. */
export const memoryLine = (board: BoardInfo): string =>
  `memory   RAM ${grouped(board.staticBytes)} B, stack ${known(board.stackUsed)} used of ${known(board.stackBytes)}, ` +
  `firmware ${known(board.imageBytes)}, a slot holds ${grouped(board.fileBytes)} B`

/** What a board says of itself, a line each. */
export function boardLines(board: BoardInfo): string[] {
  const { policy, clockHz, protocol, format, paired, scrubbed } = board
  return [
    `board    ${printable(board.name)}, counter at ${frequency(clockHz)}, protocol ${protocol}, .bpd version ${format}`,
    firmwareLine(board.firmware),
    memoryLine(board),
    ...(paired ? ['key      paired: it takes nothing that changes or moves something without its key'] : []),
    ...(scrubbed ? [] : ['looks    at what it runs only when it starts: its firmware is built without more']),
    ...signaturesLines(board),
    policy === undefined
      ? 'policy   none'
      : `policy   slot ${'AB'[policy.slot]}, installation ${policy.generation}, ${grouped(policy.bytes)} B, ` +
        `CRC-32 ${hex(policy.crc)}, ${policy.goldens} golden vectors reproduced`,
  ]
}

/** Nothing is said of firmware that knows no signatures. */
function signaturesLines({ signatures, policy }: BoardInfo): string[] {
  if (!signatures) return []
  const lock = signatures.locked
    ? `locked to a key${signatures.builtIn ? ' of the firmware' : ''}: no other policy is taken or run`
    : 'not locked: any policy is taken'
  const running =
    policy === undefined ? '' : signatures.policy ? '; its policy is signed' : '; its policy is not signed'
  return [`signed   ${lock}${running}`]
}

/** crc: of the image that the board runs */
function firmwareLine(crc: number): string {
  if (crc === 0) return 'firmware not an image'
  const image = committedImage(crc)
  const name = image === undefined ? 'none of the committed images' : `images/${image.name}.bin`
  return `firmware CRC-32 ${hex(crc)}, ${name}`
}

const known = (bytes: number): string => (bytes > 0 ? `${grouped(bytes)} B` : '(unknown)')

/** That an emulated board does not keep what was changed as a real one does. */
export function keptLine(port: string, state: string | undefined): string[] {
  const { flashBytes, forgets } = kindOf(port)
  if (forgets !== undefined) return [`kept     not beyond this command: ${forgets}`]
  if (flashBytes === undefined) return []
  return [state === undefined ? 'kept     not beyond this command: --state FILE keeps it' : `kept     in ${state}`]
}
