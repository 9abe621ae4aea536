/** One suite for every target: each type of value, in every form, gives the bits of the readable reference on it. */
import { afterEach, describe, expect, it } from 'vitest'
import { Board } from '../../firmware-bridge/client.ts'
import { openPicoEmulator } from '../../firmware-bridge/emulators/pico.ts'
import { missingQemu, openQemu } from '../../firmware-bridge/emulators/qemu.ts'
import { openInProcess } from '../../firmware-bridge/inprocess.ts'
import { decodePolicy } from '../../runtime-as/decode.ts'
import { VALUE_TYPES } from '../../runtime-as/network.ts'
import { referenceForward } from '../../runtime-as/reference.ts'
import { narrowedFile } from '../runtime-as/narrowed.ts'
import { awkwardObservation, randomNetwork } from '../runtime-as/networks.ts'
import { bits, withAlteredGolden } from './policies.ts'

const opened: Board[] = []
afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** Dense, sparse with u8 columns and empty rows, sparse with u16 columns; hidden relu and none. */
const files = VALUE_TYPES.flatMap((values) =>
  (['relu', 'none'] as const).map((hidden) => {
    const sparse = randomNetwork([6, 270, 9, 2], [0.3, 0.02, 1], { seed: 5, hidden })
    sparse.layers[0].weights.fill(0, 12, 24)
    return narrowedFile(sparse, values)
  }),
)

it('the files hold every form', () => {
  const forms = new Set(files.flatMap((file) => decodePolicy(file).layers.map((l) => `${l.form} ${l.columns > 256}`)))
  expect([...forms].sort()).toEqual(['dense false', 'grouped false', 'grouped true'])
})

const targets: [name: string, missing: string | undefined, open: () => Promise<Board>][] = [
  ['in-process', undefined, () => Board.connect(openInProcess())],
  ['pico-emulator', undefined, async () => Board.connect({ name: 'pico-emulator', ...(await openPicoEmulator()) })],
  ['qemu-stm32f405', missingQemu(), async () => Board.connect(await openQemu())],
]

describe.each(targets)('%s', (_, missing, open) => {
  it.skipIf(missing)('reproduces golden vectors, and other observations as the reference', async () => {
    const board = await open()
    opened.push(board)
    for (const [i, file] of files.entries()) {
      const decoded = decodePolicy(file)
      await board.install(file)
      for (const share of [0, 0, 0.4]) {
        const observation = awkwardObservation(6, i, share)
        const action = new Float32Array(2)
        await board.step(observation, action)
        expect(bits(action)).toEqual(bits(referenceForward(decoded, observation)))
      }
    }
  })

  it.skipIf(missing)('refuses a file whose golden vector it does not reproduce', async () => {
    const board = await open()
    opened.push(board)
    for (const file of files.filter((_, i) => i % 2 === 0)) {
      await expect(board.install(withAlteredGolden(file))).rejects.toThrow(/golden/)
    }
  })
})
