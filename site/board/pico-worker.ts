/** The worker of the emulated Pico: the firmware first, then bytes of the line. */
import { FLASH_BYTES } from '../../firmware-bridge/emulators/boot-rom.ts'
import { type FromPico, runPico } from '../../firmware-bridge/emulators/pico-thread.ts'

const soon = new MessageChannel()
let hear: ((bytes: Uint8Array) => void) | undefined

addEventListener('message', ({ data }: MessageEvent<Uint8Array>) => {
  if (hear) hear(data)
  else hear = boot(data)
})

function boot(firmware: Uint8Array): (bytes: Uint8Array) => void {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff)
  flash.set(firmware)
  return runPico(flash, {
    post: (message: FromPico) => postMessage(message),
    later(work) {
      soon.port1.onmessage = work
      soon.port2.postMessage(undefined)
    },
    end: () => close(),
    live: false,
  })
}
