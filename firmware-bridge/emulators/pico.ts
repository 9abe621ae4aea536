/** A Raspberry Pi Pico in software: boots the committed image and offers its UART as a line. Needs nothing but npm packages. */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { imageUrl } from '../host/images.ts'
import type { Port, PortKind } from '../host/port.ts'
import { BAUD } from '../host/serial.ts'
import { FLASH_BYTES, isBootable } from './boot-rom.ts'
import type { FromPico, ToPico } from './pico-thread.ts'
import type { PicoStart } from './pico-worker.ts'

/** A Raspberry Pi Pico in software. */
export const picoEmulator: PortKind = {
  name: 'pico-emulator',
  kind: 'emulator',
  counter: 'core cycles of the emulated Cortex-M0+, counted inside the board',
  cyclesAreTime: true,
  realTime: false,
  image: 'rp2040',
  flashBytes: FLASH_BYTES,
  missing: async () => undefined,
  open: async (name, flash, live) => ({ name, ...(await openPicoEmulator({ flash, live })) }),
  openNearWrap: async () => ({ name: 'pico-emulator', ...(await openPicoEmulator({ nearWrap: true })) }),
}

/** The same, its firmware with signatures. */
export const picoSigned: PortKind = {
  ...picoEmulator,
  name: 'pico-emulator-signed',
  image: 'rp2040-signed',
  open: async (name, flash, live) => openSigned(name, { flash, live }),
  openNearWrap: async () => openSigned('pico-emulator-signed', { nearWrap: true }),
}

async function openSigned(name: string, options: PicoEmulatorOptions): Promise<Port> {
  return { name, ...(await openPicoEmulator({ ...options, image: await committedImage('rp2040-signed') })) }
}

export interface PicoEmulatorOptions {
  /** firmware, from the first byte of flash on; default: the committed image */
  image?: Uint8Array
  /** contents of all 2 MB of flash before the image is put there, so that policies of an earlier run are still installed */
  flash?: Uint8Array
  /** its time goes on while nobody speaks, as this host's does */
  live?: boolean
  /** its clocks of 32 bits wrap soon after power on */
  nearWrap?: boolean
}

export interface PicoEmulator {
  /** UART0 as the host sees it; a write is done when the chip has got every byte */
  duplex: Duplex
  /** the flash, 2 MB, as it is at any moment */
  flash: Uint8Array
  /** the host's end of UART0 */
  speed: NonNullable<Port['speed']>
  close(): Promise<void>
}

const IMAGES = 'firmware-bridge/images'

/** Throws InputError for an image that a Pico would not boot. */
export async function openPicoEmulator(options: PicoEmulatorOptions = {}): Promise<PicoEmulator> {
  const image = options.image ?? (await committedImage('rp2040'))
  if (image.length > FLASH_BYTES || !isBootable(image)) {
    const given = options.image ? 'image' : `${IMAGES}/rp2040.bin`
    throw new InputError(`${given}: not firmware for the RP2040, expected 256 bytes with their CRC-32 first`)
  }
  if (options.flash && options.flash.length !== FLASH_BYTES) {
    throw new InputError(`flash: ${options.flash.length} bytes, expected ${FLASH_BYTES}`)
  }
  const flash = new Uint8Array(new SharedArrayBuffer(FLASH_BYTES)).fill(0xff)
  if (options.flash) flash.set(options.flash)
  flash.set(image)

  const workerData: PicoStart = { flash, live: options.live ?? false, nearWrap: options.nearWrap ?? false }
  const worker = new Worker(new URL(`./pico-worker${extname(import.meta.url)}`, import.meta.url), { workerData })
  const duplex = lineTo(worker)
  return {
    duplex,
    flash,
    speed: {
      own: BAUD,
      set: async (baud) => worker.postMessage({ baud } satisfies ToPico),
    },
    async close() {
      duplex.destroy()
      await worker.terminate()
    },
  }
}

async function committedImage(name: string): Promise<Uint8Array> {
  try {
    return await readFile(imageUrl(`${name}.bin`))
  } catch {
    throw new InputError(`${IMAGES}/${name}.bin: cannot be read, expected the firmware that comes with the repository`)
  }
}

function lineTo(worker: Worker): Duplex {
  let taken: (() => void) | undefined
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      taken = done
      worker.postMessage(new Uint8Array(chunk))
    },
  })
  worker.on('message', (message: FromPico) => {
    if ('sent' in message) duplex.push(message.sent)
    else if ('fault' in message) duplex.destroy(new FailedError(`pico-emulator: ${message.fault}`))
    else taken?.()
  })
  worker.on('error', (error) => duplex.destroy(error))
  worker.on('exit', () => duplex.destroy())
  return duplex
}
