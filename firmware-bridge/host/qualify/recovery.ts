import { FailedError } from '../../../runtime-as/errors.ts'
import { type BoardOptions, patienceOf } from '../board-options.ts'
import { Board } from '../client.ts'
import { runs } from '../info.ts'
import type { Port } from '../port.ts'
import { type Check, fail, pass, unchecked } from './check.ts'

export const reset: Check = {
  name: 'reset',
  async run({ board, bytes, policy }) {
    await board.reset()
    if (!runs(board.info, bytes) || !board.info.policy?.confirmed)
      return fail('after a reset the board runs another policy, or none')
    await board.step(
      new Float32Array(policy.contract.observation.names.length),
      new Float32Array(policy.contract.action.names.length),
    )
    return pass('the same policy, confirmed, and it acts')
  },
}

/** shares of the file after which the power goes */
const CUTS = [0.02, 0.5, 0.999]

export const powerCut: Check = {
  name: 'power cut',
  async run({ port, kind, bytes, key, onProgress }) {
    if (port.flash === undefined || kind.flashBytes === undefined) {
      return unchecked(
        'this port cannot cut the power: pull the plug while "bpd flash" sends another policy, and run this again',
      )
    }
    for (const [i, share] of CUTS.entries()) {
      const options = { key, ...patienceOf(kind) }
      const before = await kind.open(port.name, Uint8Array.from(port.flash))
      const flash = await cutWhile(bytes, share, before, options)
      const after = await Board.connect(await kind.open(port.name, flash), options)
      try {
        if (!runs(after.info, bytes))
          return fail(`cut at ${100 * share} % of an update, the board runs another policy, or none`)
      } finally {
        await after.close()
      }
      onProgress((i + 1) / CUTS.length)
    }
    return pass(`at ${CUTS.map((share) => `${100 * share} %`).join(', ')} of an update: the policy that ran runs`, {
      cuts: CUTS,
    })
  },
}

/** What is in flash when the power goes after this share of an update. The update is of the same policy: another would be as good. */
async function cutWhile(bytes: Uint8Array, share: number, port: Port, options: BoardOptions): Promise<Uint8Array> {
  const board = await Board.connect(port, options)
  let flash: Uint8Array | undefined
  try {
    await board.install(bytes, (sent, total) => {
      if (flash === undefined && sent >= share * total) flash = Uint8Array.from(port.flash as Uint8Array)
    })
  } finally {
    await board.close()
  }
  if (flash === undefined) throw new FailedError(`${port.name}: the update was over before the power could go`)
  return flash
}
