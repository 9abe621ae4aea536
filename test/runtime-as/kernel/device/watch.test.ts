import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { RefusedError } from '../../../../firmware-bridge/host/refusal.ts'
import { InputError } from '../../../../runtime-as/errors.ts'
import { encodePolicy } from '../../../../runtime-as/format/encode.ts'
import { FAILSAFE, LATCHED } from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../../runtime-as/kernel/policy.ts'
import { contractFor, observationsFor, randomNetwork } from '../../../support/networks.ts'
import { policyFile } from '../../../support/policies.ts'

/** period 20 ms, as `contractFor` says */
const file = policyFile([3, 12, 2], 1)
const policy = loadPolicy(file)
const failsafe = Float32Array.from(policy.contract.action.failsafe)
const opened: Board[] = []

/** A board whose clock the test moves, what it put out, and one step that tells what came back. */
async function watched(periods: number, options = {}, bytes = file) {
  let now = 0xffffff00 // the clock wraps soon
  const out: Float32Array[] = []
  const port = openInProcess({ millis: () => now, onAct: (action) => out.push(action) })
  const board = await Board.connect(port, { timeout: 50, patience: 100 })
  opened.push(board)
  await board.install(bytes)
  await board.watch(periods, options)
  const wait = (milliseconds: number) => {
    for (let i = 0; i < milliseconds; i++) {
      now = (now + 1) >>> 0
      port.board.poll()
    }
  }
  const step = async (observation = [0.1, 0.2, 0.3]): Promise<Float32Array | number> => {
    const action = new Float32Array(2)
    const refused = await board.step(observation, action).then(
      () => undefined,
      (error) => error,
    )
    if (refused === undefined) return action
    expect(refused).toBeInstanceOf(RefusedError)
    expect(refused.status).toBe(FAILSAFE)
    return refused.detail
  }
  const failsafes = async () => (await board.stats()).board.failsafes
  return { board, out, wait, step, failsafes }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

const acted = (() => {
  const action = new Float32Array(2)
  policy.stepInto([0.1, 0.2, 0.3], action)
  return action
})()

describe('a watch over the observations', () => {
  it('puts out what the policy says while they come in time', async () => {
    const { out, wait, step, failsafes } = await watched(3)
    for (let i = 0; i < 50; i++) {
      expect(await step()).toEqual(acted)
      wait(60)
    }
    expect(out).toEqual(Array(50).fill(acted))
    expect(await failsafes()).toBe(0)
  })

  it('puts the failsafe out once when none has come for longer than the contract allows, and not before', async () => {
    const { out, wait, step, failsafes } = await watched(3)
    await step()
    wait(63)
    expect(out).toEqual([acted])
    wait(1)
    expect(out).toEqual([acted, failsafe])
    wait(1000)
    expect(out).toHaveLength(2)
    expect(await failsafes()).toBe(1)
  })

  it('also when none ever came', async () => {
    const { out, wait } = await watched(3)
    wait(64)
    expect(out).toEqual([failsafe])
  })

  it('ends the failsafe only with a fresh stream: three in time, and the policy acts on the third', async () => {
    const { out, wait, step, failsafes } = await watched(3)
    wait(64)
    expect(await step()).toBe(3) // the first is late itself
    wait(20)
    expect(await step()).toBe(2)
    wait(20)
    expect(await step()).toBe(1)
    wait(64) // interrupted: from the beginning
    expect(await step()).toBe(3)
    wait(20)
    expect(await step()).toBe(2)
    wait(20)
    expect(await step()).toBe(1)
    expect(out).toEqual([failsafe])
    wait(20)
    expect(await step()).toEqual(acted)
    expect(out).toEqual([failsafe, acted])
    expect(await failsafes()).toBe(1)
  })

  it('takes observations with NaN or infinities for none', async () => {
    const { out, wait, step, board } = await watched(3)
    expect(await step()).toEqual(acted)
    for (let i = 0; i < 3; i++) {
      wait(20)
      expect(await step([0.1, i === 1 ? Number.NaN : Infinity, 0.3])).toBeInstanceOf(Float32Array)
    }
    wait(4)
    expect(out.at(-1)).toEqual(failsafe)
    await step()
    wait(1)
    expect(await step()).toBe(2)
    expect(await step([Number.NaN, 0, 0])).toBe(3)
    expect((await board.stats()).board).toMatchObject({ badObservations: 4, failsafes: 1 })
  })

  it('that holds leaves the last action where it is, refuses steps all the same, and counts', async () => {
    const { out, wait, step, failsafes } = await watched(3, { hold: true })
    expect(await step()).toEqual(acted)
    wait(500)
    expect(out).toEqual([acted])
    expect(await failsafes()).toBe(1)
    for (const left of [3, 2, 1]) expect(await step()).toBe(left)
    expect(await step()).toEqual(acted)
  })

  it('that holds has nothing to hold before the first step: the contract’s failsafe', async () => {
    const { out, wait } = await watched(3, { hold: true })
    wait(64)
    expect(out).toEqual([failsafe])
  })

  it('with a failsafe of zeros puts zeros out', async () => {
    const network = randomNetwork([3, 12, 2], 1)
    const contract = contractFor(network)
    const zeros = { ...contract, action: { ...contract.action, failsafe: [0, 0] } }
    const { out, wait } = await watched(3, {}, encodePolicy(network, zeros, observationsFor(network, 3)))
    wait(64)
    expect(out).toEqual([Float32Array.of(0, 0)])
  })

  it('of 0 periods watches nothing; ends with a reset; needs a policy', async () => {
    const { board, out, wait, step } = await watched(3)
    await board.watch(0)
    wait(500)
    expect(await step()).toEqual(acted)
    await board.watch(3)
    await board.reset()
    wait(500)
    expect(await step()).toEqual(acted)
    expect(out).toEqual([acted, acted])
    for (const wrong of [-1, 0.5, 256, Number.NaN]) await expect(board.watch(wrong)).rejects.toThrow(InputError)
    const empty = await Board.connect(openInProcess())
    opened.push(empty)
    await expect(empty.watch(3)).rejects.toThrow('the board refused WATCH: it runs no policy')
  })

  it('that latches stays in the failsafe whatever comes, until it is released; then a fresh stream, and it latches no more', async () => {
    const { board, out, wait, step } = await watched(3, { latch: true })
    await step()
    wait(64)
    for (let i = 0; i < 20; i++) {
      expect(await step()).toBe(LATCHED)
      wait(20)
    }
    expect((await board.hello()).failsafe).toBe('latched')
    const refused = 'the board refused WATCH: its failsafe is latched: it stands until it is released'
    await expect(board.watch(0)).rejects.toThrow(refused)
    await expect(board.watch(3, { latch: true })).rejects.toThrow(refused)
    await board.watch(3, { release: true })
    expect((await board.hello()).failsafe).toBe('stands')
    for (const left of [2, 1]) expect(await step()).toBe(left)
    expect(await step()).toEqual(acted)
    expect(out).toEqual([acted, failsafe, acted])
    expect((await board.hello()).failsafe).toBeUndefined()
    wait(64)
    expect(await step()).toBe(3)
  })

  it('is not ended while its failsafe stands by whoever ends the watch: a fresh stream must come', async () => {
    const { board, wait, step } = await watched(3)
    wait(64)
    await board.watch(0)
    for (const left of [2, 1]) expect(await step()).toBe(left)
    expect(await step()).toEqual(acted)
  })

  it('says in one line why a step was refused', async () => {
    const { board, wait } = await watched(3)
    wait(64)
    const step = board.step([0.1, 0.2, 0.3], new Float32Array(2))
    await expect(step).rejects.toThrow(
      'in-process: the board refused STEP: its failsafe action stands until 3 more valid observations come in time',
    )
  })
})
