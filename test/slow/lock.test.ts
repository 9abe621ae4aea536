/** Power cuts and hostile envelopes against a board that is locked to a key: thousands of installations. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FlashGeometry } from '../../firmware-bridge/emulators/flash-model.ts'
import { type InProcessOptions, openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { closeAll, connect, FAST, key, locked, other, plain, refusal, running, signed } from '../support/locked.ts'
import { uniform } from '../support/networks.ts'

afterEach(closeAll)

const GEOMETRIES: Record<string, FlashGeometry> = {
  'pages of 256 (RP2040)': { slotBytes: 16384, eraseBytes: 4096, programBytes: 256 },
  'words of 4 (STM32)': { slotBytes: 8192, eraseBytes: 1024, programBytes: 4 },
}

/** Does `work` with the power cut in operation `cutAt` of flash. Whether it was cut, and what flash holds then. */
async function interrupted(
  options: InProcessOptions,
  cutAt: number,
  work: (board: Board) => Promise<unknown>,
): Promise<{ cut: boolean; flash: Uint8Array }> {
  const port = openInProcess({ signed: true, ...options })
  Object.assign(port.board.flash, { cutAt, torn: uniform(cutAt) })
  const board = await Board.connect(port, { ...FAST, timeout: 2, patience: 4, longPatience: 40 })
  await work(board).catch(() => {})
  await board.close()
  return { cut: !port.board.powered, flash: port.board.flash.bytes.slice() }
}

describe('a power cut at any flash operation', () => {
  for (const [chip, geometry] of Object.entries(GEOMETRIES)) {
    it(`of locking leaves the board open or locked with its counter, and its policy; it can be locked then, ${chip}`, async () => {
      const { device } = await connect(geometry)
      const flash = device.flash.bytes
      const ready = await interrupted({ ...geometry, flash }, -1, (board) => board.install(signed(5)))
      const seen = new Set<boolean>()
      for (let cutAt = 0; ; cutAt++) {
        const cut = await interrupted({ ...geometry, flash: ready.flash }, cutAt, (board) => board.lock(key.publicKey))
        if (!cut.cut) break
        const { board } = await connect({ ...geometry, flash: cut.flash })
        const { lock } = await board.signing()
        seen.add(lock !== undefined)
        expect(board.info.policy?.bytes).toBe(signed(5).length)
        if (lock) expect(lock).toEqual({ keyId: key.id, counter: 5 })
        else expect((await board.lock(key.publicKey)).lock).toEqual({ keyId: key.id, counter: 5 })
        await expect(board.install(signed(4))).rejects.toThrow('counter of 5 or more')
      }
      expect(seen).toEqual(new Set([false, true]))
    })

    it(`of an update, confirmation and counter included, leaves the old policy or the new one, and the board locked, ${chip}`, async () => {
      const first = await locked(geometry, signed(5))
      const flash = first.device.flash.bytes.slice()
      const next = signed(8, other)
      const step = geometry.programBytes === 4 ? 23 : 1
      let cuts = 0
      // every operation about confirmation and counter; of the file's words some
      const total = await interrupted({ ...geometry, flash }, 1e9, (board) => board.install(next))
      expect(total.cut).toBe(false)
      const count = await operations({ ...geometry, flash }, next)
      for (let cutAt = 0; cutAt < count; cutAt += cutAt < count - 30 ? step : 1) {
        const { cut, flash: after } = await interrupted({ ...geometry, flash }, cutAt, (board) => board.install(next))
        if (!cut) break
        cuts++
        const { board } = await connect({ ...geometry, flash: after })
        const { lock, policy } = await board.signing()
        expect(lock?.keyId).toBe(key.id)
        expect([5, 8]).toContain(policy?.counter)
        // what is confirmed counts, also where the power went before it was kept
        expect(lock?.counter).toBe(board.info.policy?.confirmed ? policy?.counter : 5)
        if (lock?.counter === 8) await expect(board.install(signed(7))).rejects.toThrow('counter of 8 or more')
      }
      expect(cuts).toBeGreaterThan(8)
    })

    it(`of a counter that begins the other part of the vault leaves the board locked and no lower counter, ${chip}`, async () => {
      const { device } = await locked(geometry, signed(1))
      // rather than by as many updates: the places of the first part are taken by what torn counters leave
      const flash = device.flash.bytes.slice()
      const vault = 2 * (geometry.slotBytes + geometry.eraseBytes)
      flash.fill(0, vault + 2 * Math.max(44, geometry.programBytes), vault + geometry.eraseBytes)
      const ready = await interrupted({ ...geometry, flash }, -1, (b) =>
        b.install(signed(2, other), undefined, { confirm: false }),
      )
      for (let cutAt = 0; ; cutAt++) {
        const port = { ...geometry, flash: ready.flash }
        const { cut, flash: after } = await interrupted(port, cutAt, async (b) => {
          await b.install(signed(2, other))
        })
        if (!cut) break
        const again = await connect({ ...geometry, flash: after })
        const { lock, policy } = await again.board.signing()
        expect(lock?.keyId).toBe(key.id)
        expect(lock!.counter).toBeGreaterThanOrEqual(1)
        if (again.board.info.policy?.confirmed) expect(lock?.counter).toBe(policy?.counter)
        if (cutAt > 40 && geometry.programBytes === 4) cutAt += 10
      }
    })
  }
})

async function operations(options: InProcessOptions, file: Uint8Array): Promise<number> {
  const { board, device } = await connect(options)
  await board.install(file)
  return device.flash.operations
}

describe('400 hostile envelopes', () => {
  it('are refused by a locked board at COMMIT, for a reason of the envelope; what runs is as it was', async () => {
    const { board, device } = await locked({}, signed(5))
    const random = uniform(7)
    const before = device.flash.bytes.slice()
    const genuine = signed(6, plain)
    const reasons = new Set<string>()
    for (let i = 0; i < 400; i++) {
      const length = random() < 0.3 ? Math.ceil(random() * genuine.length) : genuine.length
      const file = genuine.slice(0, length)
      const most = random() < 0.5 ? Math.min(32, length) : length
      for (let n = Math.floor(3 * random()); n >= 0; n--) file[Math.floor(random() * most)] = 256 * random()
      if (Buffer.from(file).equals(genuine)) continue
      const said = await refusal(file, { flash: before.slice() })
      expect(said, `try ${i}`).toMatch(/refused COMMIT: /)
      reasons.add(/COMMIT: .*?([a-z ]{10,20})/.exec(said)![1])
    }
    expect(reasons.size).toBeGreaterThanOrEqual(4)
    expect(await running(board)).toMatchObject({ bytes: signed(5).length })
  })
})
