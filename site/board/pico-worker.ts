/** The worker of the emulated Pico: the firmware first, then bytes of the line, and bits to flip. */
import { FLASH_BYTES } from '../../firmware-bridge/emulators/boot-rom.ts'
import { type FromPico, type RunningPico, runPico } from '../../firmware-bridge/emulators/pico-thread.ts'
import { type Flip, flipBit, type Memory } from '../../firmware-bridge/emulators/rot.ts'

const FLASH_AT = 0x10000000
const RAM_AT = 0x20000000

/** To the worker: the firmware or bytes for the line; a bit to flip, share of 0 up to 1 which one. */
export type ToWorker = Uint8Array | { memory: Memory; share: number }

/** From the worker, beside what the Pico sends: what was flipped, or why not. */
export type FromWorker = FromPico | { flipped: Flip } | { unflipped: string }

const tell = (message: FromWorker) => postMessage(message)
const soon = new MessageChannel()
const flash = new Uint8Array(FLASH_BYTES).fill(0xff)
let running: RunningPico | undefined

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data instanceof Uint8Array) {
    if (running) running.hear(data)
    else running = boot(data)
  } else tell(flip(data))
})

function boot(firmware: Uint8Array): RunningPico {
  flash.set(firmware)
  return runPico(flash, {
    post: tell,
    later(work) {
      soon.port1.onmessage = work
      soon.port2.postMessage(undefined)
    },
    end: () => close(),
    live: false,
  })
}

function flip({ memory, share }: { memory: Memory; share: number }): FromWorker {
  try {
    const memories = { flash, flashAt: FLASH_AT, ram: running!.machine.ram, ramAt: RAM_AT }
    return { flipped: flipBit(memories, memory, share) }
  } catch (error) {
    return { unflipped: (error as Error).message }
  }
}
