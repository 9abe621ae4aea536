/** The emulated Pico of this tab: our firmware's image in a worker. */
import type { FromPico } from '../../firmware-bridge/emulators/pico-thread.ts'
import { scriptUrl } from '../worker-url.ts'
import { Line } from './line.ts'
import workerUrl from './pico-worker.ts?worker&url'
import type { BrowserPort } from './port.ts'

const NAME = 'pico-emulator'

export const emulatedPico = (firmware: () => Promise<Uint8Array>): BrowserPort => ({
  label: 'Emulated Pico',
  counter: 'core cycles of the emulated Cortex-M0+, counted inside the board',
  realTime: false,
  async open() {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    let taken: (() => void)[] = []
    const line = new Line((bytes) => {
      worker.postMessage(bytes, [bytes.buffer])
      return new Promise((done) => {
        taken.push(done)
      })
    })
    worker.onmessage = ({ data }: MessageEvent<FromPico>) => {
      if ('sent' in data) line.receive(data.sent)
      else if ('fault' in data) line.end(new Error(data.fault))
      else {
        for (const done of taken) done()
        taken = []
      }
    }
    worker.onerror = ({ message }) => line.end(new Error(message || 'the worker ended'))
    worker.postMessage(await firmware())
    return {
      name: NAME,
      duplex: line.duplex,
      async close() {
        worker.terminate()
        line.end()
      },
    }
  },
})
