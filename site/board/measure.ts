/** What an inference takes on the emulated Pico: a fresh one, in a worker of its own. */
import { Board } from '../../firmware-bridge/host/client.ts'
import { costOn } from '../../firmware-bridge/host/cost.ts'
import { EMULATED, emulatedPico } from './pico.ts'

/** Median core cycles over the golden vectors. Throws InputError for a file that does not fit, FailedError where the board does not run it. */
export async function cyclesOnPico(
  firmware: () => Promise<Uint8Array>,
  policy: Uint8Array,
): Promise<{ cycles: number; clockHz: number }> {
  const board = await Board.connect(await emulatedPico(firmware).open(), { timeout: EMULATED })
  try {
    await board.install(policy)
    const { count, info } = await costOn(board)
    return { cycles: count, clockHz: info.clockHz }
  } finally {
    await board.close()
  }
}
