/** An STM32F405 board in QEMU (machine netduinoplus2). Its `cycles` are TIM2's nanoseconds: instructions. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageUrl } from '../host/images.ts'
import type { Port, PortKind } from '../host/port.ts'
import { missingQemu, type QemuProgram, quoted, startQemu } from './qemu.ts'
import { slotWith } from './slot.ts'

const NAME = 'qemu-stm32f405'
const QEMU: QemuProgram = { command: 'qemu-system-arm', debian: 'qemu-system-arm' }
const IMAGE = fileURLToPath(imageUrl('stm32f405.bin'))
const SIGNED = { name: `${NAME}-signed`, image: fileURLToPath(imageUrl('stm32f405-signed.bin')) }
/** of firmware/stm32f405/board.h */
const SLOT_A = 0x08020000
const SLOT_BYTES = 0xc0000

/** An STM32F405 in QEMU. */
export const qemuStm32f405: PortKind = {
  name: NAME,
  kind: 'emulator',
  counter: 'instructions of the emulated Cortex-M4F, counted inside the board',
  cyclesAreTime: false,
  realTime: false,
  image: 'stm32f405',
  forgets: "QEMU's flash cannot be written: its policies are in RAM, which goes with it",
  missing: async () => missingQemu(QEMU),
  open: () => openStm32f405(),
  openPlaced: (placed) => openStm32f405({ placed }),
}

/** The same, its firmware with signatures. */
export const qemuSigned: PortKind = {
  ...qemuStm32f405,
  name: SIGNED.name,
  image: 'stm32f405-signed',
  open: () => openStm32f405(SIGNED),
  openPlaced: (placed) => openStm32f405({ placed, ...SIGNED }),
}

export interface Stm32f405Options {
  /** of the port; default: qemu-stm32f405 */
  name?: string
  /** path of the firmware; default: the committed image */
  image?: string
  /** a .bpd file that lies in flash from the start. It may be larger than the slots in RAM that QEMU has otherwise; no other can be installed */
  placed?: Uint8Array
}

/** Starts the board. Throws InputError where QEMU is not installed, or the policy is too large; FailedError where it does not start. */
export function openStm32f405({ name = NAME, image = IMAGE, placed }: Stm32f405Options = {}): Promise<Port> {
  return startQemu(name, QEMU, (folder) => {
    const args = ['-M', 'netduinoplus2', '-kernel', image]
    if (placed === undefined) return args
    const file = join(folder, 'slot.bin')
    writeFileSync(file, slotWith(placed, SLOT_BYTES, name))
    return [...args, '-device', `loader,file=${quoted(file)},addr=${SLOT_A},force-raw=on`]
  })
}
