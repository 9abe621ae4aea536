/** Runs the emulated Pico in a thread of its own: bytes of the line come and go as messages. */
import { parentPort, workerData } from 'node:worker_threads'
import { PicoMachine } from './machine.ts'

/** core cycles between two looks at what the host sent */
const SLICE = 500_000

/** from the thread: bytes sent by the board; `taken`: it has got all that was written; `fault`: it went astray, and the thread ends */
export type FromPico = { sent: Uint8Array } | { taken: true } | { fault: string }

const port = parentPort!
const post = (message: FromPico) => port.postMessage(message)

let out: number[] = []
let awaited = false
let scheduled = false
const machine = new PicoMachine(workerData as Uint8Array, (byte) => out.push(byte))

function slice(): void {
  scheduled = false
  let busy = false
  try {
    busy = machine.run(SLICE)
  } catch (error) {
    post({ fault: (error as Error).message })
    port.close()
    return
  }
  if (out.length > 0) post({ sent: Uint8Array.from(out) })
  out = []
  if (awaited && machine.waiting === 0) {
    awaited = false
    post({ taken: true })
  }
  if (busy) schedule()
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(slice)
}

port.on('message', (bytes: Uint8Array) => {
  machine.receive(bytes)
  awaited = true
  schedule()
})
schedule()
