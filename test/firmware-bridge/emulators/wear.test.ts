import { describe, expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { policyFile } from '../../support/policies.ts'

const files = [policyFile([3, 12, 1], 1), policyFile([3, 60, 60, 1], 2, { density: 0.5 })]

describe.each([
  ['pages of 256 (RP2040)', { slotBytes: 32768, eraseBytes: 4096, programBytes: 256 }],
  ['words of 4 (STM32)', { slotBytes: 32768, eraseBytes: 16384, programBytes: 4 }],
])('an update, %s,', (_, geometry) => {
  const blocks = geometry.slotBytes / geometry.eraseBytes
  const fileAt = Math.max(32, 2 * geometry.programBytes)

  it('erases the blocks that its file takes in the slot that does not run, each once, and no other', async () => {
    const port = openInProcess(geometry)
    const { erases } = port.board.flash
    const board = await Board.connect(port)
    for (let i = 0; i < 8; i++) {
      const running = board.info.policy?.slot
      const file = files[(i >> 1) & 1]
      const before = erases.slice()
      await board.install(file)
      const slot = board.info.policy?.slot ?? -1
      expect(slot).not.toBe(running)
      const taken = Math.ceil((fileAt + file.length) / geometry.eraseBytes)
      const expected = Array.from({ length: 2 * blocks + 2 }, (_, block) => {
        return Number(block >= slot * blocks && block < slot * blocks + taken)
      })
      expect([...erases].map((count, block) => count - before[block])).toEqual(expected)
    }
    // eight updates wore each slot's first block four times
    expect([erases[0], erases[blocks]]).toEqual([4, 4])
    await board.close()
  })

  it('erases nothing where it is confirms, runs, measures or starts anew', async () => {
    const port = openInProcess(geometry)
    const { flash } = port.board
    const board = await Board.connect(port)
    await board.install(files[0])
    await board.install(files[1], undefined, { confirm: false })
    const before = [...flash.erases]
    await board.confirm()
    for (let i = 0; i < 50; i++) await board.step([i, 1, -i], new Float32Array(1))
    await board.bench(20)
    await board.reset()
    expect([...flash.erases]).toEqual(before)
    await board.close()
  })
})
