/**
 * `--state`: the flash of an emulated board in a file, so that what one command installs is there for the next, as on a real board. Written when the port closes; a
 * command that is killed before leaves it as it was.
 */
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { kindOf } from '../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../runtime-as/errors.ts'
import { reading } from '../trainer/files/access.ts'
import { claimFiles } from '../trainer/files/claim.ts'
import { writeFile } from '../trainer/files/replace.ts'

/** header: magic, CRC-32 of all behind it, the port's name padded with zeros; then the flash */
const MAGIC = 'bpdflash'
const CRC = 8
const NAME = 12
const FLASH = 32
/** who may read and write it: its user, as the board's key is in it */
const MODE = 0o600

export class BoardState {
  /** as the file has it; undefined: there is no file yet */
  readonly flash: Uint8Array | undefined
  /** as it was named, for messages */
  readonly #name: string
  /** behind any link, which stays one */
  readonly #file: string
  readonly #port: string
  #crc: number | undefined
  /** CRC-32 of the flash when `saveStable` last looked, and of what it kept last */
  #seen: number | undefined
  #kept: number | undefined

  /** Throws InputError where this port has no flash to keep, or the file is not one of its. */
  constructor(file: string, port: string) {
    const { flashBytes, forgets = 'a real board keeps its own flash' } = kindOf(port)
    if (flashBytes === undefined) throw new InputError(`--state: of no use with ${port}: ${forgets}`)
    this.#name = file
    this.#file = existsSync(file) && lstatSync(file).isSymbolicLink() ? realpathSync(file) : file
    this.#port = port
    // the board is this command's alone, as a serial port is, and can be kept when it is done
    claimFiles([this.#file], { force: true })
    if (existsSync(this.#file)) this.flash = this.#read(flashBytes)
  }

  /** Saves what two calls in a row have found the same: not what the board is just about to write. */
  async saveStable(flash: Uint8Array): Promise<void> {
    const seen = crc32(flash)
    if (seen === this.#seen && seen !== this.#kept) {
      await this.save(flash)
      this.#kept = seen
    }
    this.#seen = seen
  }

  /** Throws FailedError where another command has written the file meanwhile: what that one installed stays. */
  async save(flash: Uint8Array): Promise<void> {
    const bytes = Buffer.alloc(FLASH + flash.length)
    bytes.write(MAGIC, 'latin1')
    bytes.write(this.#port, NAME, 'latin1')
    bytes.set(flash, FLASH)
    const crc = crc32(bytes.subarray(NAME))
    bytes.writeUInt32LE(crc, CRC)
    if (crc === this.#crc) return
    if (this.#crcNow() !== this.#crc)
      throw new FailedError(`${this.#name}: changed by another command meanwhile, left as it is`)
    await writeFile(this.#file, bytes, existsSync(this.#file) ? statSync(this.#file).mode & MODE : MODE)
    this.#crc = crc
  }

  #crcNow(): number | undefined {
    const bytes = existsSync(this.#file) ? readWhole(this.#file) : Buffer.alloc(0)
    return bytes.length < FLASH ? undefined : bytes.readUInt32LE(CRC)
  }

  #read(flashBytes: number): Uint8Array {
    const bytes = readWhole(this.#file)
    if (bytes.length < FLASH || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      throw new InputError(`${this.#name}: no state of a board, expected what --state wrote`)
    }
    const name = bytes.toString('latin1', NAME, FLASH).replace(/\0+$/, '')
    if (bytes.readUInt32LE(CRC) !== crc32(bytes.subarray(NAME))) {
      throw new InputError(`${this.#name}: damaged, its CRC-32 is not that of its bytes`)
    }
    if (name !== this.#port || bytes.length !== FLASH + flashBytes) {
      throw new InputError(`${this.#name}: the state of ${name}, expected ${this.#port}`)
    }
    this.#crc = bytes.readUInt32LE(CRC)
    return bytes.subarray(FLASH)
  }
}

/** No board's flash is larger. */
const MOST = 32 << 20

const readWhole = (path: string): Buffer =>
  reading(path, () => (statSync(path).size > MOST ? Buffer.alloc(0) : readFileSync(path)))
