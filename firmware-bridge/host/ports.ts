/** Ports by name: an emulated board, the device in this process, or a real serial port. */
import { inProcess, inProcessSigned } from '../emulators/in-process.ts'
import { picoEmulator, picoSigned } from '../emulators/pico.ts'
import { qemuRiscv32 } from '../emulators/riscv32.ts'
import { qemuSigned, qemuStm32f405 } from '../emulators/stm32f405.ts'
import { isNetwork, network } from './network.ts'
import type { Port, PortKind } from './port.ts'
import { listSerial, serial } from './serial.ts'

/** Every emulated board, and the device without one. Any other name is a line's: a TCP port's, or a serial port's. */
export const EMULATORS: readonly PortKind[] = [
  picoEmulator,
  qemuStm32f405,
  qemuRiscv32,
  inProcess,
  picoSigned,
  qemuSigned,
  inProcessSigned,
]

/** What is behind this name of a port. */
export const kindOf = (name: string): PortKind =>
  EMULATORS.find((kind) => kind.name === name) ?? (isNetwork(name) ? network : serial)

/**
 * Opens the port of this name. Throws InputError where there is no such port, or its emulator is not installed, FailedError where it cannot
 * be opened.
 *
 * @param name `pico-emulator`, `qemu-stm32f405`, `qemu-riscv32`, `in-process` (the device without a board), the first two and the last with
 *   `-signed` (firmware that knows signatures), a serial port (/dev/ttyUSB0, COM3), or a TCP port
 *   (socket://127.0.0.1:5000)
 * @param flash of an emulated board: the bytes that `Port.flash` had when it was last open. Absent: erased
 *
 * @example
 * import { Board, openPort } from 'bpd/board'
 *
 * const board = await Board.connect(await openPort('in-process'))
 * console.log(board.info.name)
 * await board.close()
 */
export const openPort = (name: string, flash?: Uint8Array): Promise<Port> => kindOf(name).open(name, flash)

/** A port that `openPort` opens. */
export interface PortInfo {
  /** what `openPort` takes */
  name: string
  kind: PortKind['kind']
  manufacturer?: string
  /** of USB ports: four hexadecimal digits */
  vendorId?: string
  /** the same */
  productId?: string
  serialNumber?: string
  /** what to install before this emulator can run here; absent: it can */
  missing?: string
}

/**
 * Serial ports of this machine, then the emulated ones.
 *
 * @example
 * import { listPorts } from 'bpd/board'
 *
 * for (const { name, kind, missing } of await listPorts()) console.log(name, kind, missing ?? '')
 */
export async function listPorts(): Promise<PortInfo[]> {
  const real = (await listSerial()).map(({ path, manufacturer, vendorId, productId, serialNumber }) => {
    return { name: path, kind: serial.kind, manufacturer, vendorId, productId, serialNumber }
  })
  const emulated = EMULATORS.map(async ({ name, kind, missing }) => ({ name, kind, missing: await missing() }))
  return [...real, ...(await Promise.all(emulated))]
}
