/** Bits that flip in an emulated board's own memory, and what the board then does by itself. */
import type { Flip, Memory } from '../../firmware-bridge/emulators/rot.ts'
import type { Board } from '../../firmware-bridge/host/client.ts'
import type { BoardInfo } from '../../firmware-bridge/host/info.ts'
import type { Stats } from '../../firmware-bridge/host/stats.ts'
import { table } from '../dom.ts'
import { grouped, hex } from '../words.ts'

/** looks at its counters until it has to have found what was flipped: each is some milliseconds of its own time, of which it needs 512 at most */
const LOOKS = 200

const where: Record<Memory, string> = {
  flash: 'the file that runs, in flash',
  ram: 'the words that it keeps three times, in RAM',
}

export const flipWords = ({ memory, byte, bit }: Flip): string =>
  `Flipped bit ${bit} of byte ${grouped(byte)} of ${where[memory]}.`

/** What a board is and has counted. */
export interface Look {
  info: BoardInfo
  counted: Stats['board']
}

export async function lookAt(board: Board): Promise<Look> {
  const info = await board.hello()
  return { info, counted: (await board.stats()).board }
}

/** Asks the board until its counters say that it has found something since `before`; then what it did. */
export async function aftermath(board: Board, before: Look): Promise<string> {
  for (let look = 0; look < LOOKS; look++) {
    const { faults, mended } = (await board.stats()).board
    if (mended > before.counted.mended) return 'Mended: of three copies two were alike. Nothing else changed.'
    if (faults > before.counted.faults) return caughtWords(before.info, await board.hello())
  }
  return 'Nothing was found.'
}

/** What became of the policy that ran. */
function caughtWords({ policy: before, uptime: from }: BoardInfo, { policy, fault, uptime }: BoardInfo): string {
  const found = `Caught by the board within ${grouped(uptime - from)} ms of its time: ${fault}. Its failsafe action went out; `
  if (!policy) return `${found}no other slot holds a sound policy, so it runs none. Flash one.`
  if (policy.slot === before?.slot) return `${found}it runs slot ${policy.slot} again.`
  return `${found}slot ${policy.slot} runs now, CRC-32 ${hex(policy.crc)}, after a few observations that come in time.`
}

export function statsTable(board: Look['counted']): HTMLElement {
  const rows: [string, number][] = [
    ['looked at the whole policy', board.scrubs],
    ['faults found', board.faults],
    ['words mended', board.mended],
    ['steps', board.steps],
    ['steps that were clamped or refused', board.clampedObservations + board.badObservations],
    ['policies taken back', board.reverts],
    ['frames, of which damaged', board.frames],
  ]
  const cells = rows.map(([what, count]) => [what, grouped(count)])
  cells[6][1] += `, ${grouped(board.badCrc + board.dropped)}`
  return table('What it counted since its start', ['', ''], cells)
}
