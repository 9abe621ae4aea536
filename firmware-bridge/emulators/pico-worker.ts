/** Runs the emulated Pico in a worker of Node. */
import { parentPort, workerData } from 'node:worker_threads'
import { runPico } from './pico-thread.ts'

export interface PicoStart {
  flash: Uint8Array
  live: boolean
  nearWrap: boolean
}

const port = parentPort!
const { flash, live, nearWrap } = workerData as PicoStart
const { hear } = runPico(flash, {
  post: (message) => port.postMessage(message),
  later: setImmediate,
  end: () => port.close(),
  live,
  nearWrap,
})
port.on('message', hear)
