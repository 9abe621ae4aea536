import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { newKey, signPolicy } from '../../../../firmware-bridge/host/signing.ts'
import { SCRUB_SHIFT } from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { CORE, CORE_BYTES_BE } from '../../../../runtime-as/kernel/assembly/layout.ts'
import { loadPolicy } from '../../../../runtime-as/kernel/policy.ts'
import { uniform } from '../../../support/networks.ts'
import { policyFile } from '../../../support/policies.ts'
import { RottingBoard, STATED, stateOf } from '../../../support/rot.ts'

const FALLBACK = policyFile([5, 16, 2], 1)
const FILE = policyFile([5, 20, 2], 2)
/** where the file begins in a slot, program units of 256 bytes */
const FILE_AT = 512
const OBSERVATION = [0.1, 0.2, 0.3, 0.4, 0.5]
const opened: Board[] = []

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** Two confirmed policies, the second one running, and a clock that the test moves. */
async function running(fallback: Uint8Array, file: Uint8Array, options: InProcessOptions = {}) {
  const clock = { now: 1000 }
  const out: Float32Array[] = []
  const port = openInProcess({ ...options, millis: () => clock.now, onAct: (action) => out.push(action) })
  const board = await Board.connect(port, { timeout: 50, patience: 100 })
  opened.push(board)
  await board.install(fallback)
  await board.install(file)
  const { flash, memory } = port.board
  const file0 = flash.geometry.slotBytes + FILE_AT
  return { board, device: port.board, clock, out, flash, memory, file0 }
}

describe('a policy that runs', () => {
  it('is looked at whole, again and again, and nothing is found where nothing is wrong', async () => {
    const { board, device, clock } = await running(FALLBACK, FILE)
    const before = (await board.stats()).board
    for (let i = 0; i < 100; i++) {
      clock.now += 2 ** SCRUB_SHIFT
      device.poll()
    }
    const { scrubs, faults, mended } = (await board.stats()).board
    expect(scrubs - before.scrubs).toBeGreaterThanOrEqual(100)
    expect({ faults, mended }).toEqual({ faults: 0, mended: 0 })
    expect((await board.hello()).fault).toBeUndefined()
  })

  it.each([1, 20, 134])(
    'of 100 KB is looked at whole within the stated time where the main loop comes every %i ms',
    async (loop) => {
      const large = policyFile([5, 150, 150, 2], 3, { density: 1 })
      const { board, device, clock, flash, file0 } = await running(FALLBACK, large)
      expect(large.length).toBeGreaterThan(90_000)
      flash.bytes[file0 + large.length - 2000] ^= 4
      for (const began = clock.now; clock.now - began < 2 ** SCRUB_SHIFT + loop; clock.now += loop) device.poll()
      device.poll()
      expect((await board.stats()).board.faults).toBe(1)
      expect(board.info.policy?.generation).toBe(2)
      expect(await board.hello()).toMatchObject({
        fault: 'the policy was altered while it ran',
        policy: { generation: 1 },
      })
    },
  )

  it.each([
    ['the last bytes of its file, which is no whole number of words', false],
    ['its envelope, before the policy and behind it', true],
  ])('is looked at to the last bit: every one of %s', async (_, signed) => {
    const all = signed ? signPolicy(FILE, newKey(), 1) : FILE
    expect(all.length % 4).not.toBe(0)
    const { board, device, clock, flash, file0 } = await running(FALLBACK, all, { signed })
    const from = (at: number, length: number) => Array.from({ length }, (_, k) => at + k)
    const bytes = signed ? [...from(0, 32), ...from(all.length - 64, 64)] : from(all.length - 3, 3)
    for (const at of bytes) {
      for (let bit = 0; bit < 8; bit++) {
        const { faults } = (await board.stats()).board
        flash.bytes[file0 + at] ^= 1 << bit
        // the round that is under way, and the next
        for (let round = 0; round < 2; round++) {
          clock.now += 2 ** SCRUB_SHIFT
          device.poll()
        }
        expect((await board.stats()).board.faults - faults, `byte ${at}, bit ${bit}`).toBe(1)
        flash.bytes[file0 + at] ^= 1 << bit
        device.powerOn()
        await board.hello()
      }
    }
  })

  it('that was altered: the failsafe at once, a fresh stream, and then the other policy acts', async () => {
    const { board, device, clock, out, flash, file0 } = await running(FALLBACK, FILE)
    const action = new Float32Array(2)
    await board.step(OBSERVATION, action)
    out.length = 0
    flash.bytes[file0 + CORE + 400] ^= 1
    clock.now += 2 ** SCRUB_SHIFT
    device.poll()
    device.poll()
    const policy = loadPolicy(FALLBACK)
    expect(out).toEqual([Float32Array.from(policy.contract.action.failsafe)])
    for (let left = 2; left > 0; left--) {
      const refused = `until ${left} more valid observations come in time`
      await expect(board.step(OBSERVATION, action)).rejects.toThrow(refused)
    }
    await board.step(OBSERVATION, action)
    expect(action).toEqual(policy.step(OBSERVATION))
    expect(out).toHaveLength(2)
  })

  it('whose other slot is no better: the failsafe, no policy, and it says so', async () => {
    const { board, device, clock, out, flash, file0 } = await running(FALLBACK, FILE)
    flash.bytes[FILE_AT + CORE + 400] ^= 1
    flash.bytes[file0 + CORE + 400] ^= 1
    clock.now += 2 ** SCRUB_SHIFT
    device.poll()
    device.poll()
    expect(out.at(-1)).toEqual(Float32Array.from(loadPolicy(FILE).contract.action.failsafe))
    const info = await board.hello()
    expect(info.policy).toBeUndefined()
    expect(info.fault).toBe('the policy was altered while it ran')
  })

  it('is not run once where a flipped bit would lead an inference out of its memory: columns of a layer, 64 times too many', async () => {
    const { board, flash, file0, out } = await running(FALLBACK, FILE)
    // rows of the first layer: the upper byte
    flash.bytes[file0 + CORE + 36 + 5] ^= 0x40
    await expect(board.step(OBSERVATION, new Float32Array(2))).rejects.toThrow('its failsafe action stands')
    expect(out).toHaveLength(1)
    expect((await board.stats()).board).toMatchObject({ faults: 1, steps: 0 })
  })

  it('lets no action out that the second copy of its bounds does not hold', async () => {
    const { board, device, memory, out } = await running(FALLBACK, FILE)
    const { low, high } = loadPolicy(FILE).contract.action
    // wherever in RAM there is one: narrowed to nothing, as no flipped bit could
    const { from, bytes } = stateOf(device)
    const words = new Float32Array(memory.buffer, from, bytes >> 2)
    const bounds = Float32Array.of(...low, ...high)
    words.forEach((_, i) => {
      if (bounds.every((bound, k) => words[i + k] === bound)) words.fill(9e9, i, i + 4)
    })
    await expect(board.step(OBSERVATION, new Float32Array(2))).rejects.toThrow('its failsafe action stands')
    expect(device.powered).toBe(true)
    // what was altered was in RAM: the same policy passes its tests
    expect((await board.hello()).policy?.generation).toBe(2)
    const failsafe = Float32Array.from(loadPolicy(FILE).contract.action.failsafe)
    expect(out).toEqual([failsafe])
  })

  it('gives no wrong action for longer than stated, 250 random bits of its core', async () => {
    const rotting = await RottingBoard.running(FALLBACK, FILE)
    const bytes = new DataView(FILE.buffer, FILE.byteOffset).getUint32(CORE_BYTES_BE)
    const random = uniform(5)
    for (let i = 0; i < 250; i++) {
      const bit = 8 * (rotting.slot + FILE_AT + CORE) + Math.floor(random() * 8 * bytes)
      const after = rotting.flip(bit)
      expect(after, `bit ${bit}`).toMatchObject({ outside: 0, info: { policy: { generation: 1 } } })
      expect(after.lastWrong, `bit ${bit}`).toBeLessThan(STATED)
      expect(after.right, `bit ${bit}`).toBeGreaterThan(5)
    }
  })

  it('goes on where a bit of the device’s own state flips, 150 random ones of it', async () => {
    const rotting = await RottingBoard.running(FALLBACK, FILE)
    const random = uniform(6)
    let mended = 0
    for (let i = 0; i < 150; i++) {
      const after = rotting.flip(8 * rotting.state.from + Math.floor(random() * 8 * 700))
      expect(after).toMatchObject({ outside: 0, faulted: false, info: { policy: { generation: 2 } } })
      expect(after.lastWrong).toBeLessThan(STATED)
      mended += after.stats.mended
    }
    expect(mended).toBeGreaterThan(50)
  })
})
