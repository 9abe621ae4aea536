/** Rows that were read once and are read again: in memory while they are few, in a file that nobody sees where they are many. */
import { accessSync, closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { notWritten } from '../files/access.ts'
import { writeAll } from '../files/replace.ts'
import { crcOf } from '../files/seal.ts'

/** bytes that stay in memory */
const most = 32 << 20

export class RowStore {
  /** numbers in a row */
  readonly width: number
  count = 0
  crc32 = 0
  #memory: Float32Array[] = []
  #file: { descriptor: number; folder: string } | undefined
  #piece = new Float32Array()
  #closed = false

  constructor(width: number) {
    this.width = width
  }

  /** Throws FailedError where the disk is full. */
  append(rows: Float32Array): void {
    this.crc32 = crcOf(rows, this.crc32)
    if (this.#file === undefined && 4 * (this.count * this.width + rows.length) > most) this.#moveToFile()
    if (this.#file) this.#write(rows, 4 * this.count * this.width)
    else this.#memory.push(rows.slice())
    this.count += rows.length / this.width
  }

  /** No more rows come. */
  end(): void {
    if (this.#memory.length < 2) return
    const all = new Float32Array(this.count * this.width)
    let at = 0
    for (const rows of this.#memory) {
      all.set(rows, at)
      at += rows.length
    }
    this.#memory = [all]
  }

  /** Rows `first` … `first + count - 1`, after `end`; overwritten by the next call. Throws InputError once it is closed. */
  read(first: number, count: number): Float32Array {
    const { width } = this
    if (this.#closed) throw new InputError('data: closed, expected to be read before')
    if (!this.#file) return (this.#memory[0] ?? new Float32Array()).slice(first * width, (first + count) * width)
    if (this.#piece.length < count * width) this.#piece = new Float32Array(count * width)
    const bytes = new Uint8Array(this.#piece.buffer, 0, 4 * count * width)
    for (let done = 0; done < bytes.length; ) {
      const at = 4 * first * width + done
      const n = readSync(this.#file.descriptor, bytes, done, bytes.length - done, at)
      if (n === 0) throw new FailedError(`${this.#file.folder}: rows that were put there are gone`)
      done += n
    }
    return this.#piece.subarray(0, count * width)
  }

  close(): void {
    if (this.#file) closeSync(this.#file.descriptor)
    this.#file = undefined
    this.#memory = []
    this.#closed = true
  }

  #moveToFile(): void {
    this.#file = nameless()
    let at = 0
    for (const rows of this.#memory) {
      this.#write(rows, at)
      at += rows.byteLength
    }
    this.#memory = []
  }

  #write(rows: Float32Array, at: number): void {
    const { descriptor, folder } = this.#file!
    try {
      writeAll(descriptor, new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength), at)
    } catch (error) {
      throw notWritten(folder, error)
    }
  }
}

/** A file that has lost its name, so that nothing of it stays whatever ends this process. */
function nameless(): { descriptor: number; folder: string } {
  const place = temporary()
  try {
    const folder = mkdtempSync(join(place, 'bpd-rows-'))
    const descriptor = openSync(join(folder, 'rows'), 'w+')
    rmSync(folder, { recursive: true })
    return { descriptor, folder: place }
  } catch (error) {
    throw notWritten(place, error)
  }
}

/** Where large files may lie for a while: /tmp is memory on many systems. */
function temporary(): string {
  if (process.env.TMPDIR || process.platform === 'win32') return tmpdir()
  try {
    accessSync('/var/tmp', constants.W_OK)
    return '/var/tmp'
  } catch {
    return tmpdir()
  }
}
