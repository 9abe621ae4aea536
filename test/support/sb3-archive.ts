/** Small archives of the form that Stable-Baselines3 writes, for what the public ones do not show. */
import { crc32, deflateRawSync } from 'node:zlib'

const text = (s: string) => new TextEncoder().encode(s)
const u32 = (x: number) => new Uint8Array(Uint32Array.of(x).buffer)
const u16 = (x: number) => new Uint8Array(Uint16Array.of(x).buffer)
export const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** A file that an archive holds packed; size: what the archive says of it. */
export class Deflated {
  readonly packed: Uint8Array
  readonly size: number
  readonly crc: number
  constructor(content: Uint8Array | string, size?: number) {
    const data = typeof content === 'string' ? text(content) : content
    this.packed = deflateRawSync(data, { level: 9 })
    this.size = size ?? data.length
    this.crc = crc32(data)
  }
}

/** A zip of stored and deflated files. */
export function zipOf(files: Record<string, Uint8Array | string | Deflated>): Uint8Array {
  const local: Uint8Array[] = []
  const central: Uint8Array[] = []
  let offset = 0
  for (const [path, content] of Object.entries(files)) {
    const plain = typeof content === 'string' ? text(content) : content
    const name = text(path)
    const [method, data, size, crc] =
      plain instanceof Deflated ? [8, plain.packed, plain.size, plain.crc] : [0, plain, plain.length, crc32(plain)]
    const facts = [u32(crc), u32(data.length), u32(size), u16(name.length), u16(0)]
    const header = join(u32(0x04034b50), u16(20), u16(0), u16(method), u32(0), ...facts, name)
    central.push(u32(0x02014b50), u16(20), u16(20), u16(0), u16(method), u32(0), ...facts)
    central.push(u16(0), u16(0), u16(0), u32(0), u32(offset), name)
    local.push(header, data)
    offset += header.length + data.length
  }
  const directory = new Uint8Array(Buffer.concat(central))
  const count = u16(Object.keys(files).length)
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(directory.length), u32(offset), u16(0)]
  return new Uint8Array(Buffer.concat([...local, directory, ...end]))
}

const string = (s: string) => join(text('X'), u32(text(s).length), text(s))
const int = (x: number) => join(text('J'), u32(x))
const global = (module: string, name: string) => text(`c${module}\n${name}\n`)
const tuple = (...items: Uint8Array[]) => join(text('('), ...items, text('t'))
const proto = Uint8Array.of(0x80, 2)

export interface Values {
  shape: number[]
  values: ArrayLike<number>
}

/** row-major, all of its storage */
function tensor(key: string, { shape, values }: Values): Uint8Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1))
  const storage = tuple(
    string('storage'),
    global('torch', 'FloatStorage'),
    string(key),
    string('cuda:0'),
    int(values.length),
  )
  const args = tuple(join(storage, text('Q')), int(0), tuple(...shape.map(int)), tuple(...strides.map(int)), text('N'))
  return join(global('torch._utils', '_rebuild_tensor_v2'), args, text('R'))
}

const numbers = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer)

/** A state dict in PyTorch's zip form. shared: all tensors look at the numbers of the first. */
export function torchZip(tensors: Record<string, Values>, shared = false): Uint8Array {
  const entries = Object.entries(tensors)
  const items = entries.flatMap(([name, values], i) => [string(name), tensor(shared ? '0' : `${i}`, values)])
  const dict = join(proto, global('collections', 'OrderedDict'), text(')R('), ...items, text('u.'))
  const files: Record<string, Uint8Array | string> = { 'policy/data.pkl': dict, 'policy/byteorder': 'little' }
  entries.slice(0, shared ? 1 : undefined).forEach(([, { values }], i) => {
    files[`policy/data/${i}`] = numbers(values)
  })
  return zipOf(files)
}

export interface Settings {
  policy_kwargs?: Record<string, unknown>
  action_space?: Record<string, unknown>
  [key: string]: unknown
}

/** An archive whose policy is the tensors. */
export const archiveOf = (tensors: Record<string, Values>, settings: Settings = {}): Uint8Array =>
  zipOf({
    data: JSON.stringify({ action_space: { low: '[-1. -1.]', high: '[1. 1.]' }, policy_kwargs: {}, ...settings }),
    'policy.pth': torchZip(tensors),
    _stable_baselines3_version: '2.3.2\n',
  })

/** A linear layer's tensors, every number another. */
export function linear(name: string, outputs: number, inputs: number): Record<string, Values> {
  const values = Array.from({ length: outputs * inputs }, (_, i) => Math.sin(i + outputs))
  const bias = Array.from({ length: outputs }, (_, i) => Math.cos(i + inputs))
  return {
    [`${name}.weight`]: { shape: [outputs, inputs], values },
    [`${name}.bias`]: { shape: [outputs], values: bias },
  }
}
