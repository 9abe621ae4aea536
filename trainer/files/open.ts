/** Files that the user named: opened, found to be of the kind that is expected, and read whole or left open. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs'
import { InputError } from '../../runtime-as/errors.ts'
import { isNamedPipe, notRead, reading } from './access.ts'
import { fileSource } from './file-source.ts'
import { type Kind, kindOf, refuseKind, type Wanted } from './sniff.ts'
import { type Source, sourceOf } from './source.ts'

/** Bytes that are read into memory at most. */
const most: Record<Wanted, number> = {
  policy: 64 << 20,
  teacher: 320 << 20,
  transitions: Infinity,
  archive: 64 << 20,
  pickle: 16 << 20,
  onnx: 64 << 20,
  torch: 64 << 20,
  tensors: 64 << 20,
  hdf5: Infinity,
  parquet: Infinity,
  npz: Infinity,
  csv: Infinity,
  json: 1 << 20,
  key: 4096,
  'session-key': 4096,
}

/** The bytes of a file of one of the kinds that are expected, and which it is. limit: bytes, where that is less than its kind has */
export function readAs<K extends Wanted>(
  path: string,
  expected: readonly K[],
  limit = Infinity,
): { kind: K; bytes: Uint8Array } {
  const { descriptor, stats } = open(path, expected)
  try {
    if (!stats.isFile()) {
      // a pipe can be read only once
      const bytes = readPipe(path, descriptor, Math.min(limit, Math.max(...expected.map((kind) => most[kind]))))
      return { kind: requireKind(sourceOf(bytes), path, expected), bytes }
    }
    const kind = requireKind(fileSource(descriptor, stats.size), path, expected)
    const allowed = Math.min(limit, most[kind])
    if (stats.size > allowed)
      throw new InputError(`${path}: ${stats.size} bytes, expected at most ${allowed} for such a file`)
    return { kind, bytes: readFileSync(descriptor) }
  } catch (error) {
    throw notRead(path, error)
  } finally {
    closeSync(descriptor)
  }
}

/** All that comes out of a pipe, which has no size beforehand and may never end. */
function readPipe(path: string, descriptor: number, allowed: number): Uint8Array {
  const pieces: Uint8Array[] = []
  const piece = new Uint8Array(1 << 16)
  for (let size = 0; ; ) {
    const got = readSync(descriptor, piece)
    if (got === 0) return Buffer.concat(pieces)
    size += got
    if (size > allowed)
      throw new InputError(`${path}: more than ${allowed} bytes, expected at most that for such a file`)
    pieces.push(piece.slice(0, got))
  }
}

/** Throws InputError where others than its user may read or write a file. Windows has no such mode. */
export function requireOwn(path: string): void {
  const mode = reading(path, () => statSync(path)).mode & 0o777
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new InputError(`${path}: others may read it (mode ${mode.toString(8)}), expected mode 600: chmod 600 ${path}`)
}

/** A file of the kind that is expected, left open. */
export function openAs(path: string, expected: Wanted): { descriptor: number; size: number } {
  const { descriptor, stats } = open(path, [expected])
  try {
    requireKind(fileSource(descriptor, stats.size), path, [expected])
    return { descriptor, size: stats.size }
  } catch (error) {
    closeSync(descriptor)
    throw notRead(path, error)
  }
}

/** The kind of a regular file, whatever it is. */
export function kindThere(path: string): Kind {
  const descriptor = reading(path, () => openSync(path, 'r'))
  try {
    return reading(path, () => kindOf(fileSource(descriptor, fstatSync(descriptor).size), path))
  } finally {
    closeSync(descriptor)
  }
}

/** Which of the kinds that are expected a file is. */
export function kindAt<K extends Wanted>(path: string, expected: readonly K[]): K {
  const { descriptor, stats } = open(path, expected)
  try {
    return requireKind(fileSource(descriptor, stats.size), path, expected)
  } catch (error) {
    throw notRead(path, error)
  } finally {
    closeSync(descriptor)
  }
}

function open(path: string, expected: readonly Wanted[]): { descriptor: number; stats: Stats } {
  // to open one that nobody writes to would wait for ever, deaf to signals; a shell's own pipes are open already
  if (isNamedPipe(path)) refuseKind(path, 'pipe', expected)
  const descriptor = reading(path, () => openSync(path, 'r'))
  const stats = fstatSync(descriptor)
  const kind = stats.isDirectory()
    ? 'folder'
    : stats.isCharacterDevice() || stats.isBlockDevice()
      ? 'device'
      : undefined
  if (kind === undefined) return { descriptor, stats }
  closeSync(descriptor)
  return refuseKind(path, kind, expected)
}

function requireKind<K extends Wanted>(source: Source, path: string, expected: readonly K[]): K {
  const kind = kindOf(source, path)
  const found = expected.find((one) => one === kind)
  if (found !== undefined) return found
  // the strict reader says what is wrong with it
  const damaged = kind === 'damaged' && expected.find((one) => one === 'teacher' || one === 'transitions')
  return damaged ? damaged : refuseKind(path, kind, expected)
}
