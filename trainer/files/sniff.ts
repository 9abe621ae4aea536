/** What a file is, by its bytes: one line for whoever named another kind of file than a verb takes. */
import { InputError } from '../../runtime-as/errors.ts'
import { readFacts } from './safetensors-facts.ts'
import type { Source } from './source.ts'

interface KindRecord {
  /** in words, after the file's name */
  is: string
  /** where it is what a verb takes: in words, after "expected" */
  wanted?: string
  /** who takes it, or what could be read in its place */
  advice?: string
}

const models = '`bpd import` makes a teacher of it'
const data = '`bpd inspect` and `bpd distill --data` take data sets'
const unread = 'no verb reads it; arrays of a data set belong into one .npz'

const kinds = {
  policy: {
    is: 'a .bpd policy',
    wanted: 'a .bpd policy as `bpd distill` makes it',
    advice: '`bpd eval`, `bpd inspect`, `bpd export` and `bpd flash` take policies',
  },
  teacher: {
    is: 'a teacher',
    wanted: 'a teacher as safetensors',
    advice: '`bpd eval`, `bpd inspect`, `bpd collect` and `bpd distill --teacher` take teachers',
  },
  transitions: {
    is: 'transitions',
    wanted: 'transitions as `bpd collect` writes them',
    advice: '`bpd distill --data` and `bpd quantise --data` take transitions',
  },
  archive: {
    is: 'a Stable-Baselines3 archive',
    wanted: 'a Stable-Baselines3 archive',
    advice: models,
  },
  pickle: {
    is: 'a Python pickle',
    wanted: 'a vecnormalize.pkl of Stable-Baselines3',
    advice: '`bpd import --vecnormalize` takes statistics of an archive',
  },
  checkpoint: { is: 'a checkpoint', advice: '`--resume` finds it in the folder of `--out`' },
  tensors: {
    is: 'a safetensors file that says nothing of a teacher',
    wanted: 'a state dict as safetensors',
    advice: '`bpd import --activation` makes a teacher of a state dict',
  },
  damaged: { is: 'a damaged safetensors file' },
  onnx: { is: 'an ONNX model', wanted: 'an ONNX model', advice: models },
  torch: { is: 'a PyTorch file', wanted: 'a PyTorch file', advice: models },
  npz: { is: 'NumPy arrays (npz)', wanted: 'NumPy arrays (npz)', advice: data },
  npy: { is: 'a NumPy array (npy)', advice: unread },
  hdf5: { is: 'an HDF5 file', wanted: 'an HDF5 file', advice: data },
  parquet: { is: 'a Parquet file', wanted: 'a Parquet file', advice: data },
  csv: { is: 'a table as text (CSV)', wanted: 'a CSV table', advice: data },
  'session-key': {
    is: 'a key that a board was paired with',
    wanted: 'a key as `bpd boards --pair` writes it',
    advice: '`--key` of the verbs that talk to a board takes it',
  },
  key: {
    is: 'a key as PEM',
    wanted: 'a key of Ed25519 as `bpd key new` writes it',
    advice: '`bpd sign`, `bpd inspect --key` and `bpd boards --lock` take keys',
  },
  zip: { is: 'a zip archive' },
  gzip: { is: 'a gzip file', advice: 'unpack it first' },
  wasm: { is: 'a WebAssembly module' },
  json: { is: 'JSON text', wanted: 'JSON' },
  text: { is: 'a text file' },
  empty: { is: 'an empty file' },
  folder: { is: 'a folder' },
  device: { is: 'a device' },
  pipe: { is: 'a named pipe' },
  unknown: { is: 'a file of an unknown kind' },
} satisfies Record<string, KindRecord>

export type Kind = keyof typeof kinds
/** What a verb can ask for. */
export type Wanted = { [K in Kind]: (typeof kinds)[K] extends { wanted: string } ? K : never }[Kind]

export const kindNames = Object.keys(kinds) as Kind[]

const oneOf = (names: readonly string[]): string =>
  names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`

/** What a file of this kind is, in words. */
export const wordsOf = (kind: Kind): string => kinds[kind].is

/** Throws the line that says what the file is, what was expected, and who takes it. */
export function refuseKind(path: string, kind: Kind, expected: readonly Wanted[]): never {
  const { is, advice }: KindRecord = kinds[kind]
  // one kind may be a teacher and data
  const wanted = oneOf([...new Set(expected.map((one) => kinds[one].wanted))])
  // to one who imports, what can be imported is said already
  const more = advice === undefined || (advice === models && expected.includes('archive')) ? '' : `; ${advice}`
  throw new InputError(`${path}: ${is}, expected ${wanted}${more}`)
}

const headBytes = 65536

/** A character a byte. By hand, as the page has no Buffer. */
const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** The kind of a file. name: a last hint, where the bytes say little. */
export function kindOf(source: Source, name: string): Kind {
  const head = source.at(0, headBytes)
  if (head.length === 0) return 'empty'
  const latin = latin1(head)
  const found = beginnings.find(([beginning]) => latin.startsWith(beginning))
  if (found) return found[1]
  if (latin.startsWith('PK\x03\x04') || latin.startsWith('PK\x05\x06')) return kindOfZip(source)
  const facts = readFacts(source)
  if (facts) return kindOfSafetensors(facts)
  if (isOnnx(source)) return 'onnx'
  // protocols 0 and 1 have no beginning of their own
  const isPickle = (head[0] === 0x80 && head[1] >= 2 && head[1] <= 5) || /^\(?c[\w.]+\n[\w.]+\n/.test(latin)
  if (isPickle || /\.(pkl|pickle)$/i.test(name)) return 'pickle'
  return kindOfText(head, name)
}

const beginnings: [string, Kind][] = [
  ['\x84\xa3bpd', 'policy'],
  // signed
  ['bpds', 'policy'],
  ['\x89HDF\r\n\x1a\n', 'hdf5'],
  ['PAR1', 'parquet'],
  ['\x93NUMPY', 'npy'],
  ['\x1f\x8b', 'gzip'],
  ['\0asm', 'wasm'],
  ['bpd session key\n', 'session-key'],
  ['-----BEGIN PRIVATE KEY-----', 'key'],
  ['-----BEGIN PUBLIC KEY-----', 'key'],
  // a pickle of the number that torch.save began with before it wrote zips
  ['\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19', 'torch'],
]

/** By the names in what the first and the last bytes tell of its files. */
function kindOfZip(source: Source): Kind {
  const names = [source.at(0, headBytes), source.at(Math.max(0, source.size - headBytes), headBytes)].flatMap(namesIn)
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))
  if (has(/^(policy\.pth|_stable_baselines3_version)$/) || names[0] === 'data') return 'archive'
  if (has(/^[^/]*\/(data\.pkl|constants\.pkl|data\/\d+)$/)) return 'torch'
  return names.length > 0 && names.every((name) => name.endsWith('.npy')) ? 'npz' : 'zip'
}

/** Of the headers that lie in a part of a zip: before each file, and in the list at the end. */
function namesIn(part: Uint8Array): string[] {
  const text = latin1(part)
  const view = new DataView(part.buffer, part.byteOffset, part.length)
  const names: string[] = []
  for (let at = text.indexOf('PK'); at >= 0 && at + 46 <= text.length; at = text.indexOf('PK', at + 2)) {
    const signature = view.getUint32(at, true)
    const [length, from] =
      signature === 0x04034b50
        ? [view.getUint16(at + 26, true), at + 30]
        : signature === 0x02014b50
          ? [view.getUint16(at + 28, true), at + 46]
          : [0, 0]
    if (length > 0) names.push(text.slice(from, from + length))
  }
  return names
}

function kindOfSafetensors(facts: NonNullable<ReturnType<typeof readFacts>>): Kind {
  if (facts === 'damaged') return 'damaged'
  const { format, names, said } = facts
  if (format.startsWith('bpd-transitions')) return 'transitions'
  if (/^bpd-(teach-)?checkpoint/.test(format)) return 'checkpoint'
  // another's policy may have a tensor of that name too
  const ours = said.some((key) => ['ops', 'output_squash', 'action_low', 'obs_dim'].includes(key))
  return ours && names.some((name) => /^(actor\.0\.weight|ops\.\d+\.\w+)$/.test(name)) ? 'teacher' : 'tensors'
}

/** type of each field of onnx.ModelProto on the wire: 0 a number, 2 bytes */
const onnxFields: Record<number, number> = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2 }
const onnxGraph = 7

/** Steps over the fields of the outermost message: only ONNX's, and a graph among them. */
function isOnnx(source: Source): boolean {
  let at = 0
  let graph = false
  // a model has some ten, of which two may come often
  for (let fields = 0; at < source.size && fields < 1000; fields++) {
    const tag = varint(source, at)
    if (!tag || tag.value % 8 !== onnxFields[tag.value >> 3]) return false
    const value = varint(source, tag.end)
    if (!value) return false
    at = tag.value % 8 === 0 ? value.end : value.end + value.value
    graph ||= tag.value >> 3 === onnxGraph
  }
  return graph
}

function varint(source: Source, at: number): { value: number; end: number } | undefined {
  const bytes = source.at(at, 8)
  let value = 0
  for (const [i, byte] of bytes.entries()) {
    value += (byte & 127) * 128 ** i
    if (byte < 128) return { value, end: at + i + 1 }
  }
  return undefined
}

function kindOfText(head: Uint8Array, name: string): Kind {
  let text: string
  try {
    // a character may be cut at the end of the head
    text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    return 'unknown'
  }
  // control characters but for tab, line feed, form feed and carriage return
  if (head.some((byte) => byte < 32 && ![9, 10, 12, 13].includes(byte))) return 'unknown'
  if (/^\s*(\{\s*["}]|\[\s*[[\]{"\-\dtfn])/.test(text)) return 'json'
  const [first, second = ''] = text.split(/\r?\n/, 2)
  const columns = (line: string) => line.match(/[,;\t]/g)?.length ?? 0
  const table = columns(first) > 0 && columns(first) === columns(second)
  return table || /\.(csv|tsv)$/i.test(name) ? 'csv' : 'text'
}
