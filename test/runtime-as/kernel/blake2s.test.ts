/** BLAKE2s, on the host and in the device's module, on its authors' vectors. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { blake2s } from '../../../firmware-bridge/host/blake2s.ts'
import { signedModule } from '../../../runtime-as/kernel/signed-module.ts'

/** of blake2s-kat.txt: key 00 01 .. 1f, message 00 01 .. (length - 1) */
const KAT: Record<number, string> = {
  0: '48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49',
  1: '40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1',
  63: 'c65382513f07460da39833cb666c5ed82e61b9e998f4b0c4287cee56c3cc9bcd',
  64: '8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4',
  65: '21fe0ceb0052be7fb0f004187cacd7de67fa6eb0938d927677f2398c132317a8',
  128: '0c311f38c35a4fb90d651c289d486856cd1413df9b0677f53ece2cd9e477c60a',
  200: '13c88480a5d00d6c8c7ad2110d76a82d9b70f4fa6696d4e5dd42a066dcaf9920',
  255: '3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd',
}
const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const message = (length: number) => Uint8Array.from({ length }, (_, i) => i)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The device's form, given the message in pieces of these sizes. */
function onDevice(text: Uint8Array, piece: number): string {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const imports: Record<string, Record<string, unknown>> = {}
  for (const { module, name, kind } of WebAssembly.Module.imports(signedModule())) {
    imports[module] ??= {}
    imports[module][name] = kind === 'memory' ? memory : () => {}
  }
  const { exports } = new WebAssembly.Instance(signedModule(), imports as WebAssembly.Imports)
  const { blakeKey, blakeAdd, blakeEnd } = exports as Record<string, (...numbers: number[]) => void>
  const [HASH, KEY, TEXT] = [1024, 2048, 4096]
  new Uint8Array(memory.buffer).set(key, KEY)
  new Uint8Array(memory.buffer).set(text, TEXT)
  blakeKey(HASH, KEY)
  for (let at = 0; at < text.length; at += piece) blakeAdd(HASH, TEXT + at, Math.min(piece, text.length - at))
  blakeEnd(HASH)
  return hex(new Uint8Array(memory.buffer, HASH, 32))
}

describe('BLAKE2s with a key', () => {
  it('gives the digests of its authors, on the host', () => {
    for (const [length, digest] of Object.entries(KAT)) expect(hex(blake2s(key, message(Number(length))))).toBe(digest)
  })

  it('gives all 256 of them, by their hash', () => {
    const all = createHash('sha256')
    for (let length = 0; length < 256; length++) all.update(blake2s(key, message(length)))
    expect(all.digest('hex')).toBe('8ae17a963349019d1c56c0b7834abbbb1639980ef84b6a0438326402db47f02f')
  })

  it('on the device gives what it gives on the host, however the message is cut', () => {
    for (const length of [1, 12, 63, 64, 65, 127, 128, 129, 255, 528]) {
      for (const piece of [1, 7, 64, 600])
        expect(onDevice(message(length), piece)).toBe(hex(blake2s(key, message(length))))
    }
  })
})
