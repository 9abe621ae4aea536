/** One suite for every target: each type of value, in every form, gives the bits of the readable reference on it. */
import { afterEach, expect, it } from 'vitest'
import type { Board } from '../../firmware-bridge/host/client.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Activation, NetworkValues, Outside } from '../../runtime-as/format/network.ts'
import { referenceForward } from '../../runtime-as/kernel/reference.ts'
import { awkwardObservation, randomNetwork } from './networks.ts'
import { bits, withAlteredGolden } from './policies.ts'
import { quantisedFile } from './quantised.ts'
import { describeWith } from './require.ts'

/** Dense, sparse with u8 columns and empty rows, sparse with u16 columns. */
export function everyForm(values: NetworkValues, hidden: Activation, outside?: Outside): Uint8Array {
  const sparse = randomNetwork([6, 270, 9, 2], [0.3, 0.02, 1], { seed: 5, hidden })
  sparse.layers[0].weights.fill(0, 12, 24)
  return quantisedFile(sparse, values, 'tanh', outside)
}

/** missing: why the target cannot run here, if so */
export function describeTarget(
  name: string,
  missing: string | undefined,
  open: () => Promise<Board>,
  files: Uint8Array[],
) {
  describeWith(missing ?? 'nothing', missing === undefined)(name, () => {
    const opened: Board[] = []
    afterEach(async () => {
      for (const board of opened.splice(0)) await board.close()
    })
    const opening = async () => {
      const board = await open()
      opened.push(board)
      return board
    }

    it('reproduces golden vectors, and other observations as the reference', async () => {
      const board = await opening()
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

    it('refuses a file whose golden vector it does not reproduce', async () => {
      const board = await opening()
      for (const file of files.filter((_, i) => i % 2 === 0)) {
        await expect(board.install(withAlteredGolden(file))).rejects.toThrow(/golden/)
      }
    })
  })
}
