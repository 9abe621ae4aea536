/** What the device checks itself, whoever the host is: requests past the client's own checks. */
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openInProcess } from '../../../../firmware-bridge/emulators/in-process.ts'
import type { RefusedError } from '../../../../firmware-bridge/host/refusal.ts'
import { Requester } from '../../../../firmware-bridge/host/requester.ts'
import * as protocol from '../../../../runtime-as/kernel/assembly/device/protocol.ts'
import { policyFile } from '../../../support/policies.ts'

const { BEGIN, DATA, COMMIT, STEP, BENCH, RESET } = protocol
const file = policyFile([5, 20, 2], 1)
const crc = crc32(file)
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
const chunk = (offset: number, bytes: Uint8Array) => Uint8Array.of(...words(offset), ...bytes)

function device() {
  const port = openInProcess({ slotBytes: 8192 })
  const line = new Requester(port)
  const patience = { timeout: 50, limit: 50 }
  const told = line.hello(patience)
  const ask = (type: number, payload: Uint8Array = new Uint8Array(0)) =>
    told.then(() => line.request(type, payload, patience))
  const word = async (type: number, payload?: Uint8Array) => {
    const answer = await ask(type, payload)
    return new DataView(answer.buffer, answer.byteOffset).getUint32(0, true)
  }
  const refusal = async (type: number, payload?: Uint8Array) => {
    const { status, detail } = await ask(type, payload).then(
      () => ({ status: protocol.OK, detail: 0 }),
      (error: RefusedError) => error,
    )
    return [status, detail]
  }
  return { flash: port.board.flash, ask, word, refusal }
}

describe('the device refuses', () => {
  it('a file that does not fit its slot, before it erases anything', async () => {
    const { flash, refusal } = device()
    expect(await refusal(BEGIN, words(7681, 0))).toEqual([protocol.TOO_LARGE, 7680])
    expect(await refusal(BEGIN, words(0, 0))).toEqual([protocol.BAD_LENGTH, 0])
    expect(await refusal(BEGIN, words(1))).toEqual([protocol.BAD_LENGTH, 8])
    expect(flash.operations).toBe(0)
    expect(await refusal(BEGIN, words(7680, 0))).toEqual([protocol.OK, 0])
  })

  it('chunks out of order, past the end, of broken units, or unlike what is written', async () => {
    const { ask, word, refusal } = device()
    expect(await refusal(DATA, chunk(0, file.subarray(0, 256)))).toEqual([protocol.NO_UPLOAD, 0])
    await ask(BEGIN, words(file.length, crc))
    expect(await refusal(DATA, chunk(256, file.subarray(256, 512)))).toEqual([protocol.BAD_OFFSET, 0])
    expect(await refusal(DATA, chunk(0, file.subarray(0, 100)))).toEqual([protocol.BAD_LENGTH, 0])
    expect(await refusal(DATA, words(0))).toEqual([protocol.BAD_LENGTH, 0])
    expect(await word(DATA, chunk(0, file.subarray(0, 256)))).toBe(256)
    expect(await word(DATA, chunk(0, file.subarray(0, 256)))).toBe(256)
    expect(await word(DATA, chunk(13, file.subarray(13, 40)))).toBe(256)
    expect(await refusal(DATA, chunk(0, file.subarray(1, 257)))).toEqual([protocol.DIFFERENT, 0])
    expect(await refusal(DATA, chunk(0, file.subarray(0, 257)))).toEqual([protocol.DIFFERENT, 0])
    const rest = new Uint8Array(512)
    expect(await refusal(DATA, chunk(file.length - 1, rest))).toEqual([protocol.BAD_OFFSET, 256])
    expect(await refusal(DATA, chunk(0xfffffff0, rest))).toEqual([protocol.BAD_OFFSET, 256])
    expect(await refusal(COMMIT)).toEqual([protocol.INCOMPLETE, 256])
  })

  it('a file whose bytes have another CRC than BEGIN said, and one that is no policy', async () => {
    const { flash, ask, refusal } = device()
    const upload = async (bytes: Uint8Array, promised: number) => {
      await ask(BEGIN, words(bytes.length, promised))
      for (let at = 0; at < bytes.length; at += 512) await ask(DATA, chunk(at, bytes.subarray(at, at + 512)))
    }
    await upload(file, crc ^ 1)
    expect(await refusal(COMMIT)).toEqual([protocol.BAD_FILE_CRC, crc])
    expect(await refusal(COMMIT)).toEqual([protocol.NO_UPLOAD, 0])
    await upload(new Uint8Array(300), crc32(new Uint8Array(300)))
    expect(await refusal(COMMIT)).toEqual([protocol.INVALID, 3])
    // a header would be the first program unit
    expect([...flash.bytes.subarray(0, 256)].every((byte) => byte === 0xff)).toBe(true)
    await upload(file, crc)
    expect(await refusal(COMMIT)).toEqual([protocol.OK, 0])
  })

  it('requests without a policy, of an unknown type, or of the wrong length', async () => {
    const { refusal } = device()
    expect(await refusal(STEP, new Uint8Array(20))).toEqual([protocol.NO_POLICY, 0])
    expect(await refusal(BENCH, new Uint8Array(4))).toEqual([protocol.NO_POLICY, 0])
    expect(await refusal(42)).toEqual([protocol.UNKNOWN_TYPE, 42])
    expect(await refusal(RESET, words(1))).toEqual([protocol.BAD_LENGTH, 0])
  })
})

describe('BEGIN', () => {
  it('said again for the same file goes on where the upload stands, for another begins anew', async () => {
    const { flash, ask, word } = device()
    await ask(BEGIN, words(file.length, crc))
    await ask(DATA, chunk(0, file.subarray(0, 256)))
    const { operations } = flash
    expect(await word(BEGIN, words(file.length, crc))).toBe(256)
    expect(flash.operations).toBe(operations)
    expect(await word(BEGIN, words(file.length, crc ^ 1))).toBe(0)
  })
})
