/** Bits of a board's memory that are flipped where an emulator puts them are those that the device guards. */
import { describe, expect, it } from 'vitest'
import { InProcessBoard } from '../../../firmware-bridge/emulators/in-process.ts'
import { flipBit, type Memories } from '../../../firmware-bridge/emulators/rot.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { SCRUB_SHIFT } from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { policyFile } from '../../support/policies.ts'

const shares = [0, 0.01, 0.2, 0.37, 0.5, 0.63, 0.8, 0.99, 0.999999]

const memoriesOf = ({ flash: { bytes }, memory }: InProcessBoard): Memories => ({
  flash: bytes,
  flashAt: bytes.byteOffset,
  ram: new Uint8Array(memory.buffer, 0, bytes.byteOffset),
  ramAt: 0,
})

async function running(policies: number) {
  const clock = { now: 1000 }
  const device = new InProcessBoard({ millis: () => clock.now })
  const port = { name: 'rotting', duplex: device.duplex, close: async () => {} }
  const board = await Board.connect(port)
  for (let seed = 1; seed <= policies; seed++) await board.install(policyFile([5, 20, 2], seed))
  const lookAround = () => {
    clock.now += 2 ** SCRUB_SHIFT
    device.poll()
    device.poll()
  }
  return { board, memories: memoriesOf(device), lookAround }
}

describe('a bit that is flipped', () => {
  it.each(shares)('in the running file is found, and the other slot runs: %d', async (share) => {
    const { board, memories, lookAround } = await running(2)
    const before = memories.flash.slice()
    const { byte, bit } = flipBit(memories, 'flash', share)
    expect(memories.flash.filter((value, i) => value !== before[i])).toHaveLength(1)
    lookAround()
    expect((await board.stats()).board).toMatchObject({ faults: 1, mended: 0 })
    expect(await board.hello()).toMatchObject({ policy: { slot: 0 }, fault: 'the policy was altered while it ran' })
    expect(byte).toBeLessThan(policyFile([5, 20, 2], 2).length)
    expect(bit).toBeLessThan(8)
  })

  it.each(shares)('in what is kept three times is mended: %d', async (share) => {
    const { board, memories, lookAround } = await running(1)
    flipBit(memories, 'ram', share)
    lookAround()
    expect((await board.stats()).board).toMatchObject({ faults: 0, mended: 1 })
    expect(board.info.policy).toBeDefined()
  })

  it('is none where nothing runs, or nothing has started', async () => {
    const { memories } = await running(0)
    expect(() => flipBit(memories, 'flash', 0.5)).toThrow('the board runs no policy')
    const off = { ...memories, ram: new Uint8Array(65536) }
    expect(() => flipBit(off, 'ram', 0.5)).toThrow('the device has not started')
  })
})
