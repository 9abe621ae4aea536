/** The emulated Pico of this tab: our firmware's image in a worker. */
import type { Flip, Memory } from '../../firmware-bridge/emulators/rot.ts'
import { scriptUrl } from '../worker-url.ts'
import { Line } from './line.ts'
import type { FromWorker, ToWorker } from './pico-worker.ts'
import workerUrl from './pico-worker.ts?worker&url'
import type { BrowserPort } from './port.ts'

const NAME = 'pico-emulator'
/** milliseconds after which a request is sent again to a board that is emulated, perhaps by a slow machine */
export const EMULATED = 5000

export const emulatedPico = (firmware: () => Promise<Uint8Array>): BrowserPort => ({
  label: 'Emulated Pico',
  counter: 'core cycles of the emulated Cortex-M0+, counted inside the board',
  realTime: false,
  async open() {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    const send = (message: ToWorker) => worker.postMessage(message)
    let taken: (() => void)[] = []
    /** whom the worker owes an answer about a bit, the first one first */
    let asked: { done(flip: Flip): void; failed(error: Error): void }[] = []
    const line = new Line((bytes) => {
      worker.postMessage(bytes, [bytes.buffer])
      return new Promise((done) => {
        taken.push(done)
      })
    })
    // a worker that has ended answers nobody
    const end = (error?: Error) => {
      line.end(error)
      for (const { failed } of asked) failed(error ?? new Error('the board was closed'))
      asked = []
    }
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ('sent' in data) line.receive(data.sent)
      else if ('flipped' in data) asked.shift()?.done(data.flipped)
      else if ('unflipped' in data) asked.shift()?.failed(new Error(data.unflipped))
      else if ('fault' in data) end(new Error(data.fault))
      else {
        for (const done of taken) done()
        taken = []
      }
    }
    worker.onerror = ({ message }) => end(new Error(message || 'the worker ended'))
    send(await firmware())
    return {
      name: NAME,
      duplex: line.duplex,
      flip: (memory: Memory, share: number) =>
        new Promise<Flip>((done, failed) => {
          asked.push({ done, failed })
          send({ memory, share })
        }),
      async close() {
        worker.terminate()
        end()
      },
    }
  },
})
