/** The device's own verification of signatures, in a memory of its own, and public vectors for it. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { signedModule } from '../../runtime-as/kernel/signed-module.ts'
import { fixturePath } from './fixtures.ts'

export interface SignatureTest {
  id: number
  comment: string
  key: string
  message: string
  signature: string
  result: 'valid' | 'invalid' | 'acceptable'
}

export const wycheproof = (): SignatureTest[] =>
  JSON.parse(gunzipSync(readFileSync(fixturePath('signatures/wycheproof-ed25519.json.gz'))).toString()).tests

/** RFC 8032, 7.1: tests 1 to 3 and of SHA(abc), with their secrets. (Test 1024 is among Wycheproof's.) */
export const RFC_8032: { secret: string; key: string; message: string; signature: string }[] = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    secret: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    key: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
]

const [SIGNATURE, KEY, WORK, MESSAGE] = [64, 128, 4096, 8192]

/** bytes of work memory that `verify` may use */
const WORK_BYTES = 1024

/** What the device says of signatures. Throws where it wrote outside of its work memory. */
export class DeviceVerifier {
  readonly #memory = new WebAssembly.Memory({ initial: 4 })
  readonly #verify: (signature: number, key: number, message: number, bytes: number, work: number) => number
  readonly #nameKey: (out: number, key: number, work: number) => void

  constructor() {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
    for (const { module, name, kind } of WebAssembly.Module.imports(signedModule())) {
      imports[module] ??= {}
      imports[module][name] =
        kind === 'memory'
          ? this.#memory
          : () => {
              throw new Error(`${name}: called by verify`)
            }
    }
    const { verify, nameKey } = new WebAssembly.Instance(signedModule(), imports).exports as Record<string, never>
    this.#verify = verify
    this.#nameKey = nameKey
  }

  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(signature, SIGNATURE)
    bytes.set(key, KEY)
    bytes.set(message, MESSAGE)
    const before = bytes.slice()
    const verified = this.#verify(SIGNATURE, KEY, MESSAGE, message.length, WORK) !== 0
    before.set(bytes.subarray(WORK, WORK + WORK_BYTES), WORK)
    if (Buffer.compare(before, bytes) !== 0) throw new Error('verify wrote outside of its work memory')
    return verified
  }

  /** 64 bytes: SHA-512 of the key, whose first 8 are its name */
  nameKey(key: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(key, KEY)
    this.#nameKey(SIGNATURE, KEY, WORK)
    return bytes.slice(SIGNATURE, SIGNATURE + 64)
  }
}
