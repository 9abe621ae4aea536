/** What an inference costs on an emulated board, counted inside it: the same number whenever and wherever it is asked. */
import { FailedError } from '../../runtime-as/errors.ts'
import { Board } from './client.ts'
import type { BoardInfo } from './info.ts'
import { spreadOf } from './measure.ts'
import type { PortKind } from './port.ts'

/** an interrupt of the clock may fall into one of them, not into all */
const REPEATS = 8

export interface Cost {
  info: BoardInfo
  /** in the unit of the board's counter: the median over the golden observations of the least of several runs */
  count: number
  /** of all inferences, interrupts of the clock among them */
  p99: number
}

/** Of the policy that this board runs. */
export async function costOn(board: Board): Promise<Cost> {
  const info = await board.hello()
  const goldens = info.policy?.goldens ?? 0
  const counts = await board.bench(goldens * REPEATS)
  const least = Array.from({ length: goldens }, (_, g) => Math.min(...counts.filter((_, i) => i % goldens === g)))
  const count = least.sort((a, b) => a - b)[Math.floor((goldens - 1) / 2)]
  return { info, count, p99: spreadOf(counts).p99 }
}

/** Of a .bpd file on a fresh board of this kind. Throws InputError where it is too large, FailedError where the board does not run it. */
export async function inferenceCost(policy: Uint8Array, { name, open, openPlaced }: PortKind): Promise<Cost> {
  const board = await Board.connect(await (openPlaced ? openPlaced(policy) : open(name)))
  try {
    if (!openPlaced) await board.install(policy)
    // one that lay there from the start is passed over in silence where it fails the board's tests
    if (!board.info.policy) throw new FailedError(`${name}: the board does not run it: too wide, or too large`)
    return await costOn(board)
  } finally {
    await board.close()
  }
}
