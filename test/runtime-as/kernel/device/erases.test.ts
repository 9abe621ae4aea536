import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { RefusedError } from '../../../../firmware-bridge/host/refusal.ts'
import { Requester } from '../../../../firmware-bridge/host/requester.ts'
import {
  BEGIN,
  DATA,
  TOO_SOON,
  TRIAL_MILLIS,
  UNCONFIRMED,
  UPLOAD_MILLIS,
  UPLOADS_BEGUN,
} from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { policyFile } from '../../../support/policies.ts'

const [first, second, third] = [1, 2, 3].map((seed) => policyFile([3, 12, 1], seed))
const TRIAL = { confirm: false }
const opened: Board[] = []

/** A board whose clock the test moves, and requests past the client's own checks. */
async function connect() {
  const clock = { now: 0xffff0000 } // wraps within
  const port = openInProcess({ millis: () => clock.now >>> 0 })
  const board = await Board.connect(port, { timeout: 5, patience: 30, longPatience: 100 })
  opened.push(board)
  const line = new Requester(port)
  const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
  /** status and detail */
  const begin = async (bytes: number, crc: number): Promise<number[]> => {
    await line.hello({ timeout: 5, limit: 30 })
    const answer = line.request(BEGIN, words(bytes, crc), { timeout: 5, limit: 30 })
    return await answer.then(
      () => [0, 0],
      (error: RefusedError) => [error.status, error.detail],
    )
  }
  const data = () =>
    line.request(DATA, Uint8Array.of(...words(0), ...first.subarray(0, 256)), { timeout: 5, limit: 30 })
  const wait = (milliseconds: number) => {
    clock.now += milliseconds
    port.board.poll()
  }
  return { board, device: port.board, begin, data, wait, erases: () => Math.max(...port.board.flash.erases) }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('erases', () => {
  it('are limited in rate: 1,000 uploads begun one after another wear no slot out', async () => {
    const { board, begin, data, wait, erases } = await connect()
    await board.install(first)
    let refused = 0
    for (let i = 0; i < 1000; i++) {
      const [status] = await begin(first.length, i)
      if (status === 0) await data()
      else expect(status).toBe(TOO_SOON)
      if (status !== 0) refused++
      wait(100)
    }
    // a hundred seconds: one more came back
    expect(1000 - refused).toBe(UPLOADS_BEGUN + 1)
    expect(erases()).toBeLessThanOrEqual(UPLOADS_BEGUN + 1)
  })

  it('say how long to wait, and after that another upload may begin; as many as at first after a long time', async () => {
    const { board, begin, wait } = await connect()
    await board.install(first)
    for (let i = 0; i < UPLOADS_BEGUN; i++) expect(await begin(first.length, i)).toEqual([0, 0])
    wait(1000)
    const [status, milliseconds] = await begin(first.length, 99)
    expect([status, milliseconds]).toEqual([TOO_SOON, UPLOAD_MILLIS - 1000])
    wait(milliseconds)
    expect(await begin(first.length, 99)).toEqual([0, 0])
    expect((await begin(first.length, 100))[0]).toBe(TOO_SOON)
    wait(UPLOADS_BEGUN * UPLOAD_MILLIS)
    for (let i = 0; i < UPLOADS_BEGUN; i++) expect(await begin(first.length, 200 + i)).toEqual([0, 0])
    expect((await begin(first.length, 300))[0]).toBe(TOO_SOON)
  })

  it('of uploads that end with a policy that runs are not counted: 100 in a row', async () => {
    const { board } = await connect()
    for (let i = 0; i < 100; i++) await board.install([first, second][i & 1])
    expect(board.info.policy?.generation).toBe(100)
  })

  it('say in one line why an installation must wait', async () => {
    const { board, begin } = await connect()
    await board.install(first)
    for (let i = 0; i < UPLOADS_BEGUN; i++) await begin(first.length, i)
    const refused = board.install(second)
    await expect(refused).rejects.toThrow(
      'the board refused BEGIN: too many uploads were begun and not ended, or keys written, expected the next in 60 s',
    )
    await expect(refused).rejects.toThrow(RefusedError)
  })
})

describe('the only other policy', () => {
  it('is not erased while the running one is not confirmed', async () => {
    const { board, begin } = await connect()
    await board.install(first, undefined, TRIAL)
    await board.install(second, undefined, TRIAL)
    expect(board.info.policy).toMatchObject({ generation: 2, confirmed: false })
    expect(await begin(third.length, crc32(third))).toEqual([UNCONFIRMED, crc32(second)])
    await expect(board.install(third)).rejects.toThrow('is not confirmed')
    await board.confirm()
    await board.install(third)
    expect(board.info.policy).toMatchObject({ generation: 3, confirmed: true })
  })

  it('that has rotted keeps nobody from an upload', async () => {
    const { board, device } = await connect()
    await board.install(first, undefined, TRIAL)
    await board.install(second, undefined, TRIAL)
    device.flash.bytes[600] ^= 1
    await board.install(third, undefined, TRIAL)
    expect(board.info.policy).toMatchObject({ generation: 3 })
  })
})

describe('a trial', () => {
  it('ends by time too, though not one STEP comes', async () => {
    const { board, wait } = await connect()
    await board.install(first)
    await board.install(second, undefined, TRIAL)
    wait(TRIAL_MILLIS - 1)
    expect((await board.hello()).policy).toMatchObject({ bytes: second.length, generation: 2 })
    wait(1)
    expect((await board.hello()).policy).toMatchObject({ generation: 1, confirmed: true })
    expect((await board.stats()).board.reverts).toBe(1)
  })

  it('that was confirmed does not', async () => {
    const { board, wait } = await connect()
    await board.install(first)
    await board.install(second)
    wait(2 * TRIAL_MILLIS)
    expect((await board.hello()).policy?.generation).toBe(2)
  })
})
