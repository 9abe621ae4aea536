/** The RISC-V board's flash, which is flash in QEMU too: what is kept, and what a power cut at any of its writes leaves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { openRiscv32, qemuRiscv32, type Riscv32Options } from '../../firmware-bridge/emulators/riscv32.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { uniform } from '../support/networks.ts'
import { bits, policyFile } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-riscv32-'))
afterAll(() => rmSync(folder, { recursive: true }))

const GEOMETRY = { slotBytes: 0x100000, eraseBytes: 0x40000, programBytes: 4 }
const old = policyFile([3, 12, 1], 1)
const next = policyFile([3, 20, 20, 1], 2)

/** Opens a board, works with it, and gives its flash as the closed port has it. */
async function on(options: Riscv32Options, work: (board: Board) => Promise<unknown>): Promise<Uint8Array> {
  const port = await openRiscv32(options)
  const board = await Board.connect(port)
  await work(board).finally(() => board.close())
  return port.flash as Uint8Array
}

/** The file that a board in QEMU runs from this flash; its action is that of the host, to the bit. */
async function runs(flash: Uint8Array): Promise<Uint8Array | undefined> {
  let file: Uint8Array | undefined
  await on({ flash }, async (board) => {
    file = [old, next].find(({ length }) => length === board.info.policy?.bytes)
    if (!file) return
    const [here, there] = [new Float32Array(1), new Float32Array(1)]
    const policy = loadPolicy(file)
    policy.stepInto(new Float32Array([0.1, -2, 3]), here)
    board.expect(policy.contract)
    await board.step([0.1, -2, 3], there)
    expect(bits(there)).toEqual(bits(here))
  })
  return file
}

/** The same of the device in this process, which starts at once: bytes of the policy, -1: none. */
async function startsWith(flash: Uint8Array): Promise<number> {
  const board = await Board.connect(openInProcess({ ...GEOMETRY, flash }))
  await board.close()
  return board.info.policy?.bytes ?? -1
}

/** What QEMU's blklogwrites wrote: the writes of a drive in their order. */
function writesIn(log: Uint8Array): { at: number; bytes: Uint8Array }[] {
  const SECTOR = 512
  const view = new DataView(log.buffer, log.byteOffset, log.length)
  const writes: { at: number; bytes: Uint8Array }[] = []
  for (let entry = SECTOR; entry + SECTOR <= log.length; ) {
    const sectors = Number(view.getBigUint64(entry + 8, true))
    const at = SECTOR * Number(view.getBigUint64(entry, true))
    const bytes = log.slice(entry + SECTOR, entry + SECTOR * (1 + sectors))
    if (bytes.length > 0) writes.push({ at, bytes })
    entry += SECTOR * (1 + sectors)
  }
  return writes
}

/** Places where a write changes a word. */
function changed(before: Uint8Array, after: Uint8Array): number[] {
  const words: number[] = []
  for (let at = 0; at < before.length; at += 4) if (!same(before, after, at)) words.push(at)
  return words
}
const same = (a: Uint8Array, b: Uint8Array, at: number) => [0, 1, 2, 3].every((i) => a[at + i] === b[at + i])

const missing = await qemuRiscv32.missing()
describeWith(missing ?? 'nothing', missing === undefined)('flash of RISC-V in QEMU', () => {
  it('keeps what was installed, with its port open and closed; a wrong number of bytes is refused', async () => {
    const port = await openRiscv32()
    const board = await Board.connect(port)
    await board.install(old)
    const open = port.flash as Uint8Array
    await board.close()
    expect(await startsWith(open)).toBe(old.length)
    expect(Buffer.compare(open, port.flash as Uint8Array)).toBe(0)
    expect(await runs(port.flash as Uint8Array)).toBe(old)
    await expect(openRiscv32({ flash: new Uint8Array(7) })).rejects.toThrow(InputError)
  })

  describe('an update whose power is cut', () => {
    it('at any write of flash, whole or torn, leaves the old policy or the new one', async () => {
      const before = await on({}, async (board) => {
        await board.install(next)
        await board.install(old)
      })
      const log = join(folder, 'writes')
      const slots = (file: string) => {
        const parts = ['driver=blklogwrites', `file.driver=file,file.filename=${file}`]
        return ['-drive', `if=pflash,unit=1,${parts.join(',')},log.driver=file,log.filename=${log}`]
      }
      writeFileSync(log, '')
      const after = await on({ flash: before, slots }, (board) => board.install(next))
      expect(await runs(before)).toBe(old)

      const random = uniform(3)
      const flash = before.slice()
      const left: number[] = []
      const writes = writesIn(readFileSync(log))
      let torn = 0
      for (const { at, bytes } of writes) {
        const was = flash.slice(at, at + bytes.length)
        const words = changed(was, bytes)
        // so many of its words, and then a part of the bits of one
        for (const done of new Set(
          [0, 1, words.length >> 1, words.length - 1].filter((n) => n >= 0 && n < words.length),
        )) {
          const cut = flash.slice()
          for (const word of words.slice(0, done)) cut.set(bytes.subarray(word, word + 4), at + word)
          for (let i = words[done]; i < words[done] + 4; i++) {
            const mask = 256 * random()
            cut[at + i] = (was[i] & ~mask) | (bytes[i] & mask)
          }
          expect([old.length, next.length]).toContain(await startsWith(cut))
          torn++
        }
        flash.set(bytes, at)
        left.push(await startsWith(flash))
        expect([old.length, next.length]).toContain(left.at(-1))
      }
      expect(Buffer.compare(flash, after)).toBe(0)
      expect(writes.length).toBeGreaterThan(5)
      expect(torn).toBeGreaterThan(writes.length)
      // old ones, then new ones; where it changes, QEMU says the same
      const turn = left.indexOf(next.length)
      expect(left).toEqual(left.map((_, i) => (i < turn ? old.length : next.length)))
      const upTo = (count: number) => {
        const cut = before.slice()
        for (const { at, bytes } of writes.slice(0, count)) cut.set(bytes, at)
        return cut
      }
      expect(await runs(upTo(1))).toBe(old)
      expect(await runs(upTo(turn))).toBe(old)
      expect(await runs(upTo(turn + 1))).toBe(next)
    })

    it('by the end of QEMU itself starts with the old one, and takes the next', async () => {
      const flash = await on({}, (board) => board.install(old))
      for (const share of [0.1, 0.9]) {
        const port = await openRiscv32({ flash })
        const board = await Board.connect(port, { attempts: 1, patience: 5000, longPatience: 5000 })
        let closed: Promise<void> | undefined
        const cut = board.install(next, (sent, total) => {
          if (sent >= share * total) closed ??= port.close()
        })
        await expect(cut).rejects.toThrow()
        await closed
        await board.close()
        expect(await runs(port.flash as Uint8Array)).toBe(old)
        expect(await runs(await on({ flash: port.flash }, (again) => again.install(next)))).toBe(next)
      }
    })
  })
})
