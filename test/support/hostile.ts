/** Small files that ask for much: archives and statistics that no library wrote. Each is made when it is needed: some unpack to 200 MB. */
import { Deflated, linear, torchZip, zipOf } from './sb3-archive.ts'

const bytes = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
const repeated = (text: string, count: number) => Buffer.alloc(count * text.length, text, 'latin1')
const u32 = (x: number) => new Uint8Array(Uint32Array.of(x).buffer)
const times = (count: number, item: (i: number) => string) => Array.from({ length: count }, (_, i) => item(i)).join('')

const settings = '{"action_space": {"low": "[-1. -1.]", "high": "[1. 1.]"}}'
const policy = (content: Uint8Array | Deflated) => zipOf({ data: settings, 'policy.pth': content })
/** packed twice, so that 60 MB become some hundred bytes */
const bomb = (pickle: Uint8Array) => policy(new Deflated(zipOf({ 'p/data.pkl': new Deflated(pickle) })))
const actor = { ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 2, 4) }

type Hostile = [what: string, make: () => Uint8Array, message: RegExp]

export const hostileArchives: Hostile[] = [
  ['60 M empty dicts in about 700 bytes', () => bomb(repeated('}', 60e6)), /unpacks to more than 32 MiB/],
  ['200 M times None', () => bomb(repeated('N', 200e6)), /unpacks to more than 32 MiB/],
  ['60 M times MEMOIZE', () => bomb(bytes('N', repeated('\x94', 60e6))), /unpacks to more than 32 MiB/],
  ['30 M empty dicts, which may be unpacked', () => bomb(repeated('}', 30e6)), /more than 50000 objects/],
  ['30 M times None', () => bomb(repeated('N', 30e6)), /more than 200000 opcodes/],
  ['30 M times MEMOIZE', () => bomb(bytes('N', repeated('\x94', 30e6))), /more than 50000 objects/],
  ['30 M marks', () => bomb(repeated('(', 30e6)), /more than 200 marks within one another/],
  ['30 M empty tuples, stored', () => policy(repeated(')', 30e6)), /more than 50000 objects/],
  ['a text of 40 MB', () => policy(bytes('X', u32(40e6), repeated('a', 40e6), '.')), /more than 16777216 bytes/],
  ['a name of 30 MB', () => policy(bytes('c', repeated('a', 30e6), '\nb\n.')), /a name longer than 200 bytes/],
  [
    'a long text as a name, joined 60,000 times',
    () =>
      policy(
        bytes(
          'X',
          u32(6e6),
          repeated('a', 6e6),
          'q\0',
          times(60_000, () => 'h\0h\0\x93'),
        ),
      ),
    /expected a module and a name/,
  ],
  ['32 MiB and more in two archives', () => nested(), /unpacks to more than 32 MiB/],
  ['a file that is longer than it says', () => policy(new Deflated(repeated('}', 30e6), 1e6)), /damaged/],
  ['a file that is shorter than it says', () => policy(new Deflated('}', 30e6)), /not as long as stated/],
  [
    '30,000 files',
    () => zipOf({ data: settings, ...Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`f${i}`, ''])) }),
    /holds 30001 files/,
  ],
  [
    '30 MB of settings',
    () => zipOf({ data: new Deflated(repeated('[', 30e6)), 'policy.pth': torchZip(actor) }),
    /data: expected a JSON object/,
  ],
  [
    'a million lists in the settings',
    () => zipOf({ data: `{"a":[${'[],'.repeat(1e6)}1]}`, 'policy.pth': torchZip(actor) }),
    /data: expected a JSON object .more than 100000 items/,
  ],
  ['40 layers that share 16 MiB', () => sharing(), /an actor of 40 layers/],
]

function nested(): Uint8Array {
  const inner = zipOf({ 'p/data.pkl': new Deflated(repeated('}', 20e6)), 'p/data/0': repeated('a', 20e6) })
  return policy(new Deflated(inner))
}

function sharing(): Uint8Array {
  const square = { shape: [2048, 2048], values: new Float32Array(2048 * 2048) }
  return policy(
    torchZip(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`actor.mu.${2 * i}.weight`, square])), true),
  )
}

const record = 'cstable_baselines3.common.vec_env.vec_normalize\nVecNormalize\n)\x81'

export const hostileStatistics: Hostile[] = [
  [
    'a dtype of 32 nested doublings',
    () =>
      bytes(
        '\x80\x04cnumpy\ndtype\nK\x01',
        times(32, (i) => `q${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86`),
        '\x85R.',
      ),
    /numpy dtype: dtype a list/,
  ],
  ['a dtype that holds itself', () => bytes('\x80\x04cnumpy\ndtype\n]q\0h\0a\x85R.'), /numpy dtype: dtype a list/],
  ['16 MB of empty dicts', () => repeated('}', 16e6), /more than 50000 objects/],
  ['200 MB', () => repeated('N', 200e6), /200000000 bytes, expected at most 16777216/],
  [
    'the same 10,000 attributes 100,000 times',
    () =>
      bytes(
        '\x80\x04',
        record,
        '}(',
        times(10_000, (i) => `M${String.fromCharCode(i & 255, i >> 8)}N`),
        'uq\0b',
        repeated('h\0b', 1e5),
        '.',
      ),
    /more than 200000 opcodes/,
  ],
]
