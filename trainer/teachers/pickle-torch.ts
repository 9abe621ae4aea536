/**
 * PyTorch's saved state dicts: names to tensors. Two forms: a zip (data.pkl beside one file a storage) and, before PyTorch 1.6, three short pickles,
 * the state dict, the keys of its storages, and the storages themselves, one after another.
 */
import { InputError } from '../../runtime-as/errors.ts'
import { brief } from '../files/brief.ts'
import { bfloat16, float16 } from './half.ts'
import { type Known, Name, readPickle } from './pickle.ts'
import { PickleBudget } from './pickle-budget.ts'
import { isZip, readZip, type Unpacking } from './zip.ts'

/** bytes of a number; what reads those that may be weights */
const kinds: Record<string, { bytes: number; read?(view: DataView, at: number): number }> = {
  FloatStorage: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  DoubleStorage: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  HalfStorage: { bytes: 2, read: (view, at) => float16(view.getUint16(at, true)) },
  BFloat16Storage: { bytes: 2, read: (view, at) => bfloat16(view.getUint16(at, true)) },
  LongStorage: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  IntStorage: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  ShortStorage: { bytes: 2 },
  CharStorage: { bytes: 1 },
  ByteStorage: { bytes: 1 },
  BoolStorage: { bytes: 1 },
}
const legacyMagic = 0x1950a86a20f9469cfc6cn
const legacyProtocol = 1001

/** Numbers that tensors look at. */
class Storage {
  readonly kind: string
  readonly key: string
  readonly count: number
  bytes: Uint8Array | undefined

  constructor(kind: string, key: string, count: number) {
    this.kind = kind
    this.key = key
    this.count = count
  }
}

export class TorchTensor {
  readonly shape: readonly number[]
  readonly #storage: Storage
  readonly #offset: number
  readonly #strides: readonly number[]

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    // an address never leaves the storage: every stride is >= 0, so the last entry has the largest
    const last = shape.reduce((at, n, axis) => at + (n - 1) * strides[axis], offset)
    if (!shape.includes(0) && last >= storage.count)
      throw new Error(`a tensor beyond its storage ${brief(storage.key)}`)
    this.shape = shape
    this.#storage = storage
    this.#offset = offset
    this.#strides = strides
  }

  /** Row-major copy; refuses what is not float32. what: how errors call it. */
  float32(what: string): Float32Array {
    const { bytes, kind } = this.#storage
    if (kind !== 'FloatStorage') throw new InputError(`${what}: ${kind}, expected float32`)
    const count = this.shape.reduce((product, n) => product * n, 1)
    const inOrder = this.shape.map((_, axis) => this.shape.slice(axis + 1).reduce((product, n) => product * n, 1))
    if (count === 0 || inOrder.every((stride, axis) => stride === this.#strides[axis]))
      return new Float32Array(new Uint8Array(bytes!.subarray(4 * this.#offset, 4 * (this.#offset + count))).buffer)
    return this.#copy(new Float32Array(count), 4, kinds.FloatStorage.read!)
  }

  /** Row-major copy of numbers of any type: float32 as it is, every other as float64. */
  numbers(what: string): Float32Array | Float64Array {
    const { kind } = this.#storage
    if (kind === 'FloatStorage') return this.float32(what)
    const { bytes, read } = kinds[kind]
    if (!read) throw new InputError(`${what}: ${kind}, expected numbers`)
    const count = this.shape.reduce((product, n) => product * n, 1)
    if (count > this.#storage.count) throw new InputError(`${what}: more numbers than its storage has`)
    return this.#copy(new Float64Array(count), bytes, read)
  }

  #copy<T extends Float32Array | Float64Array>(
    values: T,
    size: number,
    read: (view: DataView, at: number) => number,
  ): T {
    const bytes = this.#storage.bytes!
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const index = this.shape.map(() => 0)
    for (let i = 0; i < values.length; i++) {
      let at = this.#offset
      for (let axis = 0; axis < index.length; axis++) at += index[axis] * this.#strides[axis]
      values[i] = read(view, size * at)
      for (let axis = index.length - 1; axis >= 0 && ++index[axis] === this.shape[axis]; axis--) index[axis] = 0
    }
    return values
  }
}

const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0
const areSizes = (x: unknown): x is number[] => Array.isArray(x) && x.length <= 4 && x.every(isSize)

/** what a storage's type is on the stack: named in a persistent id, never called */
class StorageKind implements Known {
  readonly kind: string
  constructor(kind: string) {
    this.kind = kind
  }
  make(): never {
    throw new Error('not to be called')
  }
}

const names = new Map<string, Known>([
  ['collections OrderedDict', { make: () => new Map() }],
  [
    'torch._utils _rebuild_tensor_v2',
    {
      make: ([storage, offset, shape, strides]) => {
        if (!(storage instanceof Storage) || !isSize(offset) || !areSizes(shape) || !areSizes(strides))
          throw new Error('expected a storage, an offset, a shape and strides')
        if (shape.length !== strides.length || shape.reduce((product, n) => product * n, 1) > storage.count)
          throw new Error(`shape [${shape.join(', ')}] does not fit its storage`)
        return new TorchTensor(storage, offset, shape, strides)
      },
    },
  ],
  [
    'torch._utils _rebuild_parameter',
    {
      make: ([tensor]) => {
        if (!(tensor instanceof TorchTensor)) throw new Error('expected a tensor')
        return tensor
      },
    },
  ],
  ...Object.keys(kinds).map((kind): [string, Known] => [`torch ${kind}`, new StorageKind(kind)]),
])

/** Reads a state dict. name: how errors call the file. */
export async function readTorch(
  bytes: Uint8Array,
  name: string,
  unpacking: Unpacking,
): Promise<Map<string, TorchTensor>> {
  return stateDict((await readTorchFile(bytes, name, { unpacking })).value, name)
}

export interface TorchOptions {
  unpacking: Unpacking
  /** what a name that tensors do not need becomes; absent: it is refused */
  unknown?(name: string): Known
}

export interface TorchFile {
  /** what was saved */
  value: unknown
  /** of the zip, by their path within its folder; none of the older form */
  files: ReadonlyMap<string, Uint8Array>
  /** what constants.pkl holds, which TorchScript has */
  constants?: unknown
}

/** Reads whatever a PyTorch file holds. name: how errors call the file. */
export async function readTorchFile(bytes: Uint8Array, name: string, options: TorchOptions): Promise<TorchFile> {
  return isZip(bytes) ? readZipped(bytes, name, options) : { value: readLegacy(bytes, name, options), files: new Map() }
}

/** Storages by key as a pickle meets them: a key met twice is the same storage. */
function collector(name: string) {
  const storages = new Map<string, Storage>()
  const persistent = (id: unknown): Storage => {
    const [tag, kind, key, , count, view] = Array.isArray(id) ? id : []
    const type = kind instanceof Name ? kind.known : undefined
    if (tag !== 'storage' || !(type instanceof StorageKind) || typeof key !== 'string' || !isSize(count))
      throw new InputError(`${name}: pickle: a persistent id that is no storage`)
    if (view !== undefined && view !== null)
      throw new InputError(`${name}: pickle: storage ${brief(key)} is a view of another`)
    const known = storages.get(key)
    if (known && known.kind === type.kind && known.count === count) return known
    if (known) throw new InputError(`${name}: pickle: storage ${brief(key)} has two sizes`)
    const storage = new Storage(type.kind, key, count)
    storages.set(key, storage)
    return storage
  }
  return { storages, persistent }
}

function stateDict(value: unknown, name: string): Map<string, TorchTensor> {
  if (!(value instanceof Map)) throw new InputError(`${name}: expected a state dict, names to tensors`)
  for (const [key, tensor] of value)
    if (typeof key !== 'string' || !(tensor instanceof TorchTensor))
      throw new InputError(
        `${name}: ${typeof key === 'string' ? brief(key) : 'a key that is no name'}: expected a tensor`,
      )
  return value
}

async function readZipped(bytes: Uint8Array, name: string, { unpacking, unknown }: TorchOptions): Promise<TorchFile> {
  const files = await readZip(bytes, name, unpacking)
  const pickle = [...files.keys()].find((path) => /^[^/]*\/data\.pkl$/.test(path))
  if (pickle === undefined) throw new InputError(`${name}: no data.pkl: not written by PyTorch`)
  const folder = pickle.slice(0, -'data.pkl'.length)
  const order = files.get(`${folder}byteorder`)
  if (order && new TextDecoder().decode(order) !== 'little')
    throw new InputError(`${name}: expected little-endian data`)
  const inFolder = [...files].filter(([path]) => path.startsWith(folder))
  const own = new Map(inFolder.map(([path, file]) => [path.slice(folder.length), file]))
  const budget = new PickleBudget(name)
  const read = (what: string): unknown => {
    const { storages, persistent } = collector(name)
    const inside = `${name}: ${brief(`${folder}${what}.pkl`)}`
    const { value } = readPickle(own.get(`${what}.pkl`)!, inside, { budget, names, unknown, persistent })
    for (const [key, storage] of storages) {
      const data = own.get(`${what}/${key}`)
      const expected = storage.count * kinds[storage.kind].bytes
      if (data?.length !== expected)
        throw new InputError(`${name}: storage ${brief(key)}: ${data?.length ?? 'no'} bytes, expected ${expected}`)
      storage.bytes = data
    }
    return value
  }
  const value = read('data')
  return { value, files: own, constants: own.has('constants.pkl') ? read('constants') : undefined }
}

function readLegacy(bytes: Uint8Array, name: string, { unknown }: TorchOptions): unknown {
  const { storages, persistent } = collector(name)
  const budget = new PickleBudget(name)
  let at = 0
  const next = (): unknown => {
    const { value, end } = readPickle(bytes, name, { budget, names, unknown, persistent }, at)
    at = end
    return value
  }
  if (next() !== legacyMagic || next() !== legacyProtocol) throw new InputError(`${name}: not written by PyTorch`)
  const system = next()
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    throw new InputError(`${name}: expected little-endian data`)
  const saved = next()
  const keys = next()
  if (!Array.isArray(keys) || keys.length !== storages.size)
    throw new InputError(`${name}: expected the keys of its ${storages.size} storages`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const key of keys) {
    const storage = storages.get(key)
    if (!storage || storage.bytes) throw new InputError(`${name}: a storage key that is not the dict's, or twice`)
    const length = storage.count * kinds[storage.kind].bytes
    if (at + 8 + length > bytes.length) throw new InputError(`${name}: cut short in storage ${brief(key)}`)
    if (Number(view.getBigUint64(at, true)) !== storage.count)
      throw new InputError(`${name}: storage ${brief(key)}: expected ${storage.count} numbers`)
    storage.bytes = bytes.subarray(at + 8, at + 8 + length)
    at += 8 + length
  }
  return saved
}
