/** Runs the emulated Pico in a thread of its own: bytes of the line come and go as messages. */
import { parentPort, workerData } from 'node:worker_threads'
import { CORE_HZ, PicoMachine } from './machine.ts'

/** core cycles between two looks at what the host sent */
const SLICE = 500_000

/** from the thread: bytes sent by the board; `taken`: it has got all that was written; `fault`: it went astray, and the thread ends */
export type FromPico = { sent: Uint8Array } | { taken: true } | { fault: string }

export interface PicoStart {
  flash: Uint8Array
  live: boolean
}

const port = parentPort!
const { flash, live } = workerData as PicoStart
const post = (message: FromPico) => port.postMessage(message)

let out: number[] = []
let awaited = false
let scheduled = false
const machine = new PicoMachine(flash, (byte) => out.push(byte))
/** milliseconds between looks at this host's clock while nobody speaks */
const LOOK = 5
/** when the sleeping core's time was last that of this host's clock; undefined: it has work */
let idle: number | undefined

/** The time that has gone by since then. */
function catchUp(): void {
  const now = performance.now()
  if (live && idle !== undefined) machine.rest(((now - idle) / 1000) * CORE_HZ)
  idle = now
}

function slice(): void {
  scheduled = false
  let busy = false
  try {
    busy = machine.run(SLICE)
    if (busy) idle = undefined
    else catchUp()
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

if (live) setInterval(schedule, LOOK)
port.on('message', (bytes: Uint8Array) => {
  catchUp()
  machine.receive(bytes)
  idle = undefined
  awaited = true
  schedule()
})
schedule()
