/**
 * RISC-V in QEMU (machine virt, RV32IMAC without an FPU). Its `cycles` are the core's own counter: instructions. Flash is flash there, of two
 * banks that are files: the image in one, the policies in the other, each write in the file as soon as it is done.
 */
import { closeSync, openSync, readFileSync, readSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../../runtime-as/errors.ts'
import { imageUrl } from '../host/images.ts'
import type { Port, PortKind } from '../host/port.ts'
import { missingQemu, type QemuProgram, quoted, startQemu } from './qemu.ts'
import { slotWith } from './slot.ts'

const NAME = 'qemu-riscv32'
const QEMU: QemuProgram = { command: 'qemu-system-riscv32', debian: 'qemu-system-misc' }
const IMAGE = fileURLToPath(imageUrl('riscv32.bin'))
/** of firmware/riscv32/board.h; both slots begin the second bank */
const SLOT_BYTES = 0x100000
const FLASH_BYTES = 2 * SLOT_BYTES
/** of a bank; most of it takes no space on disk */
const BANK_BYTES = 32 << 20

/** RISC-V in QEMU. */
export const qemuRiscv32: PortKind = {
  name: NAME,
  kind: 'emulator',
  counter: 'instructions of the emulated RV32IMAC, counted inside the board',
  cyclesAreTime: false,
  realTime: false,
  image: 'riscv32',
  flashBytes: FLASH_BYTES,
  missing: async () => missingQemu(QEMU),
  open: (_, flash) => openRiscv32({ flash }),
  openPlaced: async (placed) => openRiscv32({ flash: flashWith(placed) }),
}

export interface Riscv32Options {
  /** path of the firmware; default: the committed image */
  image?: string
  /** contents of both slots at first; default: erased */
  flash?: Uint8Array
  /** the file behind the second bank, as QEMU is to open it; default: the file itself, named */
  slots?: (file: string) => string[]
}

/** Starts the board. Throws InputError where QEMU is not installed, FailedError where it does not start. */
export async function openRiscv32({ image = IMAGE, flash, slots = drive }: Riscv32Options = {}): Promise<Port> {
  if (flash !== undefined && flash.length !== FLASH_BYTES) {
    throw new InputError(`${NAME}: flash: ${flash.length} bytes, expected ${FLASH_BYTES}`)
  }
  const banks: number[] = []
  const bank = (file: string, bytes: Uint8Array): string => {
    writeFileSync(file, bytes)
    truncateSync(file, BANK_BYTES)
    return file
  }
  try {
    const port = await startQemu(NAME, QEMU, (folder) => {
      const code = bank(join(folder, 'image.bin'), readFileSync(image))
      const policies = bank(join(folder, 'slots.bin'), flash ?? new Uint8Array(FLASH_BYTES).fill(0xff))
      // it stays open here when QEMU and the folder are gone
      banks.push(openSync(policies, 'r'))
      const cpu = ['-M', 'virt', '-cpu', 'rv32,f=off,d=off', '-bios', 'none']
      return [...cpu, '-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${quoted(code)}`, ...slots(policies)]
    })
    return withFlash(port, banks[0])
  } catch (error) {
    for (const open of banks) closeSync(open)
    throw error
  }
}

/** Flash with this policy in its first slot. */
function flashWith(policy: Uint8Array): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff)
  flash.set(slotWith(policy, SLOT_BYTES, NAME))
  return flash
}

const drive = (file: string): string[] => ['-drive', `if=pflash,unit=1,format=raw,file=${quoted(file)}`]

/** The port, and what its flash holds at any moment, after it was closed too. */
function withFlash(port: Port, file: number): Port {
  let last: Uint8Array | undefined
  const read = () => {
    const bytes = new Uint8Array(FLASH_BYTES)
    readSync(file, bytes, 0, FLASH_BYTES, 0)
    return bytes
  }
  return {
    ...port,
    get flash() {
      return last ?? read()
    },
    async close() {
      if (last !== undefined) return
      await port.close()
      last = read()
      closeSync(file)
    },
  }
}
