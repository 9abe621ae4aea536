/** Ports by name: an emulated board, the device in this process, or a real serial port. */
import { openInProcess } from '../emulators/in-process.ts'
import type { Port } from './port.ts'

/** An emulated board, or the device without one. */
interface Emulator {
  open(name: string): Promise<Port>
  /** what to install before it can run here, undefined: nothing */
  missing(): Promise<string | undefined>
}

const nothing = async () => undefined

const EMULATED: Record<string, Emulator> = {
  'pico-emulator': {
    async open(name) {
      const { openPicoEmulator } = await import('../emulators/pico.ts')
      return { name, ...(await openPicoEmulator()) }
    },
    missing: nothing,
  },
  'qemu-stm32f405': {
    async open() {
      const { openQemu } = await import('../emulators/qemu.ts')
      return await openQemu()
    },
    async missing() {
      const { missingQemu } = await import('../emulators/qemu.ts')
      return missingQemu()
    },
  },
  'in-process': { open: async () => openInProcess(), missing: nothing },
}

/** Names of the emulated boards, and of the device without one. */
export const EMULATORS = Object.keys(EMULATED)

/**
 * Opens an emulated board by its name in EMULATORS, or a serial port by its path. Throws InputError where there is no such port or its
 * emulator is not installed, FailedError where it cannot be opened.
 */
export async function openPort(name: string): Promise<Port> {
  if (Object.hasOwn(EMULATED, name)) return await EMULATED[name].open(name)
  const { openSerial } = await import('./serial.ts')
  return await openSerial(name)
}

export interface PortInfo {
  /** what `openPort` takes */
  name: string
  kind: 'serial' | 'emulator'
  manufacturer?: string
  /** hexadecimal, of USB ports */
  vendorId?: string
  productId?: string
  serialNumber?: string
  /** what to install before this emulator can run here; absent: it can */
  missing?: string
}

/** Serial ports of this machine, then the emulated ones. */
export async function listPorts(): Promise<PortInfo[]> {
  const { listSerial } = await import('./serial.ts')
  const serial = await listSerial()
  return [
    ...serial.map(({ path, manufacturer, vendorId, productId, serialNumber }) => {
      return { name: path, kind: 'serial' as const, manufacturer, vendorId, productId, serialNumber }
    }),
    ...(await Promise.all(
      Object.entries(EMULATED).map(async ([name, emulator]) => {
        const missing = await emulator.missing()
        return { name, kind: 'emulator' as const, ...(missing === undefined ? {} : { missing }) }
      }),
    )),
  ]
}
