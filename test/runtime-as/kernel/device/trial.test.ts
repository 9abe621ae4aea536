import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type InProcessOptions, openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { Requester } from '../../../../firmware-bridge/host/requester.ts'
import { FailedError } from '../../../../runtime-as/errors.ts'
import { STEP, TRIAL_STEPS } from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../../runtime-as/kernel/policy.ts'
import { policyFile } from '../../../support/policies.ts'

const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)
/** another contract: two actions */
const foreign = policyFile([3, 9, 2], 3)
const TRIAL = { confirm: false }
const opened: Board[] = []

async function connect(options: InProcessOptions = {}) {
  const port = openInProcess(options)
  const board = await Board.connect(port, { timeout: 5, patience: 30, longPatience: 100 })
  opened.push(board)
  return { board, device: port.board }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

const running = async (board: Board) => (await board.hello()).policy
const step = (board: Board, actions = 1) => board.step([0.1, 0.2, 0.3], new Float32Array(actions))

describe('a policy on trial', () => {
  it('runs, but a reset brings the last confirmed one back', async () => {
    const { board } = await connect()
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    expect(board.info.policy).toMatchObject({ bytes: next.length, confirmed: false })
    await step(board)
    await board.reset()
    expect(board.info.policy).toMatchObject({ bytes: old.length, confirmed: true })
  })

  it('stays once it is confirmed, however often one says so', async () => {
    const { board, device } = await connect()
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    await board.confirm()
    expect(board.info.policy).toMatchObject({ bytes: next.length, confirmed: true })
    const { operations } = device.flash
    await board.confirm()
    expect(device.flash.operations).toBe(operations)
    for (let i = 0; i < TRIAL_STEPS + 10; i++) await step(board)
    await board.reset()
    expect(board.info.policy).toMatchObject({ bytes: next.length, generation: 2 })
  })

  it('gives way after as many steps as the protocol says, the last of them still its own', async () => {
    const { board } = await connect()
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    for (let i = 0; i < TRIAL_STEPS - 6; i++) await step(board)
    for (let i = 0; i < 5; i++) await board.step([0, Number.NaN, 0], new Float32Array(1))
    expect(await running(board)).toMatchObject({ bytes: next.length })
    const last = new Float32Array(1)
    await board.step([0.1, 0.2, 0.3], last)
    const own = new Float32Array(1)
    loadPolicy(next).stepInto([0.1, 0.2, 0.3], own)
    expect(last).toEqual(own)
    expect(await running(board)).toMatchObject({ bytes: old.length, confirmed: true })
    expect((await board.stats()).board).toMatchObject({ reverts: 1, badObservations: 5, steps: TRIAL_STEPS })
    await step(board)
  })

  it('ends though no observation is ever valid', async () => {
    const { board } = await connect()
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    for (let i = 0; i < TRIAL_STEPS; i++) await board.step([0, Number.NaN, 0], new Float32Array(1))
    expect(await running(board)).toMatchObject({ bytes: old.length, confirmed: true })
  })

  it('ends though every step is refused, as in a failsafe or of the wrong length; each refusal still says its own reason', async () => {
    const port = openInProcess({ millis: () => 0 })
    const board = await Board.connect(port, { timeout: 5, patience: 30, longPatience: 100 })
    opened.push(board)
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    const line = new Requester(port)
    await line.hello({ timeout: 5, limit: 30 })
    line.contract = board.info.policy?.contractHash ?? 0
    for (let i = 0; i < TRIAL_STEPS; i++) {
      const refused = line.request(STEP, new Uint8Array(4), { timeout: 5, limit: 30 })
      await expect(refused).rejects.toThrow('refused STEP: expected 12 bytes')
    }
    expect(await running(board)).toMatchObject({ bytes: old.length, confirmed: true })
  })

  it('with another contract gives way too: the host is told, no action of the old one is taken for the new one’s', async () => {
    const { board } = await connect()
    await board.install(old)
    await board.install(foreign, undefined, TRIAL)
    for (let i = 0; i < TRIAL_STEPS; i++) await step(board, 2)
    await expect(step(board, 2)).rejects.toThrow('no longer runs the expected contract')
  })

  it('with another contract gives way, and the host does not wait for an answer that cannot come', async () => {
    const board = await Board.connect(openInProcess(), { timeout: 5, patience: 600_000 })
    opened.push(board)
    await board.install(old)
    await board.install(foreign, undefined, TRIAL)
    for (let i = 0; i < TRIAL_STEPS; i++) await step(board, 2)
    await expect(step(board, 2)).rejects.toThrow('the board reset or went back to the policy before')
  })

  it('goes when another installation begins: the last good one is never overwritten', async () => {
    const { board, device } = await connect()
    await board.install(old)
    const slot = device.flash.bytes.slice(0, device.flash.geometry.slotBytes)
    for (const file of [next, foreign, next]) {
      await board.install(file, undefined, TRIAL)
      expect(board.info.policy).toMatchObject({ bytes: file.length, slot: 1, confirmed: false })
      expect(Buffer.from(device.flash.bytes.subarray(0, slot.length)).equals(slot)).toBe(true)
    }
    await board.install(foreign)
    expect(board.info.policy).toMatchObject({ bytes: foreign.length, slot: 1, confirmed: true })
  })

  it('that is the only one stays: there is nothing to go back to', async () => {
    const { board } = await connect()
    await board.install(next, undefined, TRIAL)
    for (let i = 0; i < TRIAL_STEPS + 1; i++) await step(board)
    await board.reset()
    expect(board.info.policy).toMatchObject({ bytes: next.length, confirmed: false })
    await board.confirm()
    expect(board.info.policy?.confirmed).toBe(true)
  })

  it('is confirmed by its name: after a reset behind the host’s back the old one is not confirmed in its place', async () => {
    const { board, device } = await connect()
    await board.install(old)
    await board.install(next, undefined, TRIAL)
    device.powerOn()
    await expect(board.confirm()).rejects.toThrow(FailedError)
    await expect(board.confirm()).rejects.toThrow(`it runs another policy, whose file has CRC-32 ${hex(crc32(old))}`)
  })
})

const hex = (word: number): string => word.toString(16).padStart(8, '0')
