import { sign } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../../firmware-bridge/host/client.ts'
import { envelopeOf } from '../../../../runtime-as/format/envelope.ts'
import {
  closeAll,
  connect,
  FAST,
  key,
  locked,
  other,
  plain,
  refusal,
  running,
  signed,
  stranger,
} from '../../../support/locked.ts'

afterEach(closeAll)

describe('a board whose firmware knows signatures, not locked,', () => {
  it('says so, and takes policies with a signature and without', async () => {
    const { board } = await connect()
    expect(board.info.signatures).toEqual({ locked: false, builtIn: false, policy: false })
    await board.install(plain)
    await board.step([0.1, 0.2, 0.3], new Float32Array(1))
    await board.install(signed(1))
    expect(board.info.signatures).toEqual({ locked: false, builtIn: false, policy: true })
    expect(await board.signing()).toEqual({ policy: { keyId: key.id, counter: 1 } })
    await board.step([0.1, 0.2, 0.3], new Float32Array(1))
    await board.reset()
    expect(board.info.policy?.bytes).toBe(signed(1).length)
  })

  it('is locked only with what it runs confirmed and signed by the key: it never loses its policy by that', async () => {
    const { board } = await connect()
    await board.install(plain)
    await expect(board.lock(key.publicKey)).rejects.toThrow('the policy is not signed')
    await board.install(signed(1, plain, stranger))
    await expect(board.lock(key.publicKey)).rejects.toThrow(
      `another key, whose name begins with ${stranger.id.slice(0, 8)}`,
    )
    await board.install(signed(3), undefined, { confirm: false })
    await expect(board.lock(key.publicKey)).rejects.toThrow('on trial, expected a confirmed one')
    await board.confirm()
    expect(await board.lock(key.publicKey)).toEqual({
      lock: { keyId: key.id, counter: 3 },
      policy: { keyId: key.id, counter: 3 },
    })
    expect(board.info.signatures).toEqual({ locked: true, builtIn: false, policy: true })
  })
})

describe('a board without a policy', () => {
  it('is locked to no key that nobody could sign for: no point, not canonical, of small order', async () => {
    const { board } = await connect()
    const bytes = (...first: number[]) => Uint8Array.from({ length: 32 }, (_, i) => first[i] ?? 0)
    const p = (least: number) => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? least : i === 31 ? 0x7f : 0xff))
    // y 0 and 1 are of order 4 and 1, y = p - 1 of order 2; y 2 is no point; p and p + 1 are 0 and 1 again
    const eighth = Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')
    for (const bad of [bytes(), bytes(1), bytes(2), p(0xec), p(0xed), p(0xee), Uint8Array.from(eighth)]) {
      await expect(board.lock(bad), Buffer.from(bad).toString('hex')).rejects.toThrow('no signature can be verified')
    }
    expect((await board.signing()).lock).toBeUndefined()
    expect((await board.lock(key.publicKey)).lock).toEqual({ keyId: key.id, counter: 0 })
    await expect(board.install(plain)).rejects.toThrow('not signed')
    await board.install(signed(1))
  })
})

describe('firmware without signatures', () => {
  it('refuses a signed policy by its first bytes, and to be locked', async () => {
    const { board } = await connect({ signed: false })
    expect(board.info.signatures).toBeUndefined()
    await expect(board.install(signed(1))).rejects.toThrow('knows no signatures')
    await expect(board.lock(key.publicKey)).rejects.toThrow('knows no signatures')
    expect(await refusal(signed(1), { signed: false })).toContain('first bytes: expected a .bpd file')
  })
})

describe('a locked board', () => {
  it('refuses what is not signed, signed by another key, altered, older, and any other key; what it ran runs on', async () => {
    const { board, device } = await locked({}, signed(5))
    const flash = () => device.flash.bytes.slice()
    await expect(board.install(other)).rejects.toThrow('not signed, expected one signed by the key')
    expect(await refusal(other, { flash: flash() })).toContain('the policy is not signed')
    await expect(board.install(signed(9, other, stranger))).rejects.toThrow('another key')
    await expect(board.install(signed(4, other))).rejects.toThrow('expected a counter of 5 or more')
    const altered = signed(9, other)
    for (const at of [12, altered.length - 1, altered.length - 40]) {
      const wrong = altered.slice()
      wrong[at] ^= 1
      await expect(board.install(wrong), `byte ${at}`).rejects.toThrow('the signature is not that of the key')
    }
    for (const by of [key, stranger]) await expect(board.lock(by.publicKey)).rejects.toThrow('locked to a key already')
    expect(await running(board)).toMatchObject({ bytes: signed(5).length, confirmed: true })
    await board.install(signed(5, other))
    await board.install(signed(6))
    expect((await board.signing()).lock).toEqual({ keyId: key.id, counter: 6 })
    await board.reset()
    await expect(board.install(signed(5, other))).rejects.toThrow('expected a counter of 6 or more')
  })

  it('keeps the highest counter there is, and takes none that its vault could not tell from erased flash', async () => {
    const { board, device } = await locked({}, signed(5))
    // a signature of 2^32 - 1 that is right: no host of ours makes one
    const beyond = envelopeOf(other, 0xffffffff, Buffer.from(key.id, 'hex'))
    const file = Uint8Array.of(...beyond, ...sign(null, beyond, key.secretPem!))
    expect(await refusal(file, { flash: device.flash.bytes.slice() })).toContain(
      'begin as a signed policy and are none',
    )
    await board.install(signed(0xfffffffe, other))
    expect((await board.signing()).lock?.counter).toBe(0xfffffffe)
    await board.reset()
    await expect(board.install(signed(6))).rejects.toThrow('expected a counter of 4294967294 or more')
  })

  it('keeps a counter only when the policy is confirmed: a trial that ends leaves the old one', async () => {
    const { board } = await locked({}, signed(5))
    await board.install(signed(9, other), undefined, { confirm: false })
    expect((await board.signing()).lock?.counter).toBe(5)
    await board.reset()
    expect(await running(board)).toMatchObject({ bytes: signed(5).length })
    await board.install(signed(6, other))
    expect((await board.signing()).lock?.counter).toBe(6)
  })

  it('verifies at its start, too: what was put into flash past it does not run', async () => {
    const { board, device } = await locked({}, signed(5), signed(6, other))
    expect(board.info.policy?.slot).toBe(1)
    const flash = device.flash.bytes.slice()
    // an unsigned policy in the newest slot, under a header and a mark that are right
    const forged = await connect()
    await forged.board.install(plain)
    await forged.board.install(other)
    flash.set(forged.device.flash.bytes.subarray(16384, 32768), 16384)
    const { board: after } = await connect({ flash })
    expect(after.info).toMatchObject({ policy: { slot: 0, bytes: signed(5).length }, signatures: { locked: true } })
    // and both: none
    flash.set(forged.device.flash.bytes.subarray(0, 16384), 0)
    expect((await connect({ flash })).board.info.policy).toBeUndefined()
  })

  it('runs none of what lay in its other slot, unsigned, when it was locked', async () => {
    const { board } = await locked({}, plain, signed(2))
    await board.install(signed(3, other), undefined, { confirm: false })
    await board.reset()
    expect(await running(board)).toMatchObject({ bytes: signed(2).length })
  })

  it('stays locked though any byte of its lock rots, in either of its copies', async () => {
    const { device } = await locked({}, signed(5))
    const before = device.flash.bytes.slice()
    // behind the slots and the two halves for a session key
    const vault = 2 * (16384 + 4096)
    for (let at = 0; at < 512; at += 7) {
      if (at % 256 >= 44) continue
      const flash = before.slice()
      flash[vault + at] ^= 0x10
      expect((await connect({ flash })).board.info.signatures?.locked, `byte ${at}`).toBe(true)
    }
  })

  it('whose owner erased its vault with the chip in hand is open, keeps its policy, and is locked to another key', async () => {
    const { device } = await locked({}, signed(0xfffffffe))
    const flash = device.flash.bytes.slice()
    flash.fill(0xff, 2 * (16384 + 4096))
    const { board } = await connect({ flash })
    expect(board.info).toMatchObject({
      policy: { bytes: signed(1).length, confirmed: true },
      signatures: { locked: false },
    })
    // the old key's policy goes first: a lock never leaves the board without one
    await expect(board.lock(stranger.publicKey)).rejects.toThrow('signed by another key')
    await board.install(signed(7, other, stranger))
    expect((await board.lock(stranger.publicKey)).lock).toEqual({ keyId: stranger.id, counter: 7 })
    await expect(board.install(signed(8))).rejects.toThrow('another key')
    await board.install(signed(8, plain, stranger))
  })

  it('counts on when a part of its vault is full, in the other one; where there is one part alone, it says that none is left', async () => {
    // 4 KiB in units of 256: two locks and 14 counters
    const two = await locked({}, signed(1))
    for (let counter = 2; counter < 40; counter++) await two.board.install(signed(counter))
    expect((await two.board.signing()).lock?.counter).toBe(39)
    await two.board.reset()
    await expect(two.board.install(signed(38))).rejects.toThrow('expected a counter of 39 or more')
    expect(two.device.flash.erases.slice(10).reduce((sum, erases) => sum + erases)).toBe(3)
    const one = await locked({ vaultBlocks: 1 }, signed(1))
    for (let counter = 2; counter < 16; counter++) await one.board.install(signed(counter))
    await expect(one.board.install(signed(16))).rejects.toThrow('no room is left')
    await one.board.reset()
    expect((await one.board.signing()).lock?.counter).toBe(15)
    await one.board.install(signed(15, other))
  })

  it('whose key is compiled in is locked from its start, and to no other', async () => {
    const { board } = await connect({ builtIn: key.publicKey })
    expect(board.info.signatures).toEqual({ locked: true, builtIn: true, policy: false })
    await expect(board.install(signed(1, plain, stranger))).rejects.toThrow('another key')
    await board.install(signed(4))
    await expect(board.install(signed(3))).rejects.toThrow('expected a counter of 4 or more')
    await expect(board.lock(stranger.publicKey)).rejects.toThrow('locked to a key already')
  })

  it('may have a key for its line besides: locked under it, and neither undoes the other', async () => {
    const { board, device } = await connect()
    await board.install(signed(5))
    const line = new Uint8Array(32).fill(7)
    await board.pair(line)
    expect((await board.lock(key.publicKey)).lock).toEqual({ keyId: key.id, counter: 5 })
    await board.install(signed(6, other))
    await expect(board.install(plain)).rejects.toThrow('not signed')
    const port = openInProcess({ slotBytes: 16384, signed: true, flash: device.flash.bytes.slice() })
    const again = await Board.connect(port, { ...FAST, key: line })
    expect(again.info).toMatchObject({ paired: true, signatures: { locked: true, policy: true } })
    await again.pair(undefined)
    await expect(again.install(signed(5))).rejects.toThrow('expected a counter of 6 or more')
    expect((await again.signing()).lock).toEqual({ keyId: key.id, counter: 6 })
    await again.close()
  })
})
