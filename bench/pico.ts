/** Core cycles of one inference on the emulated Pico (Cortex-M0+, no FPU) for each type of value, as one JSON object. Needs npm packages only. */
import { fileURLToPath } from 'node:url'
import { openPicoEmulator } from '../firmware-bridge/emulators/pico.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { imageCard } from '../firmware-bridge/host/images.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { VALUE_TYPES } from '../runtime-as/format/network.ts'
import { smallFile } from './board-cases.ts'

const RUNS = 32

export async function measurePico() {
  const rows = []
  for (const values of VALUE_TYPES) {
    const file = smallFile(values)
    const board = await Board.connect({ name: 'pico-emulator', ...(await openPicoEmulator()) })
    try {
      await board.install(file)
      // an interrupt of the counter may fall into one of them
      const cycles = [...(await board.bench(RUNS))].sort((a, b) => a - b)[RUNS >> 1]
      rows.push({
        case: 'small-387',
        values,
        weights: decodePolicy(file, values).weights,
        flashBytes: file.length,
        cycles,
      })
    } finally {
      await board.close()
    }
  }
  return { board: 'pico-emulator', imageSha256: imageCard('rp2040').sha256, rows }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await measurePico(), null, 2))
