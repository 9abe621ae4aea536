/** The ports of a browser, by the same record as those of Node: an emulated Pico in a worker, and what Web Serial gives. */
import { emulatedPico } from './pico.ts'
import type { BrowserPort } from './port.ts'
import { webSerial } from './serial.ts'

/** firmware: bytes of the Pico's image */
export const portsOf = (firmware: () => Promise<Uint8Array>): readonly BrowserPort[] => [
  emulatedPico(firmware),
  webSerial(),
]
