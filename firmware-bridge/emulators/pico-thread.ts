/** The emulated Pico in a thread of its own, whoever gives the thread: slices of work, and bytes of the line that come and go as messages. */
import { CORE_HZ, PicoMachine } from './machine.ts'
import { received } from './wire.ts'

/** core cycles between two looks at what the host sent */
const SLICE = 500_000
/** milliseconds between looks at this host's clock while nobody speaks */
const LOOK = 5

/** from the thread: bytes sent by the board; `taken`: it has got all that was written; `fault`: it went astray, and the thread ends */
export type FromPico = { sent: Uint8Array } | { taken: true } | { fault: string }

export interface Thread {
  post(message: FromPico): void
  /** calls when messages that came meanwhile were handled */
  later(work: () => void): void
  end(): void
  /** its time goes on while nobody speaks, as this host's does */
  live: boolean
  /** its clocks begin shortly before they wrap */
  nearWrap?: boolean
}

/** to the thread: bytes from the host; or the speed of the host's end of the line from now on, in baud. Before the first of those it is the chip's, whatever that is */
export type ToPico = Uint8Array | { baud: number }

export interface RunningPico {
  machine: PicoMachine
  /** takes messages from the host */
  hear(message: ToPico): void
}

/** Boots what flash holds. */
export function runPico(flash: Uint8Array, { post, later, end, live, nearWrap }: Thread): RunningPico {
  let out: number[] = []
  /** of what is in `out` */
  let outBaud = 0
  let awaited = false
  let scheduled = false
  const machine: PicoMachine = new PicoMachine(
    flash,
    (byte) => {
      if (machine.baud !== outBaud) deliver()
      outBaud = machine.baud
      out.push(byte)
    },
    nearWrap,
  )
  /** when the sleeping core's time was last that of this host's clock; undefined: it has work */
  let idle: number | undefined

  const deliver = () => {
    const heard = received(Uint8Array.from(out), outBaud, machine.hostBaud ?? outBaud)
    if (heard.length > 0) post({ sent: heard })
    out = []
  }
  /** The time that has gone by since then. */
  const catchUp = () => {
    const now = performance.now()
    if (live && idle !== undefined) machine.rest(((now - idle) / 1000) * CORE_HZ)
    idle = now
  }
  const slice = () => {
    scheduled = false
    let busy = false
    try {
      busy = machine.run(SLICE)
      if (busy) idle = undefined
      else catchUp()
    } catch (error) {
      post({ fault: (error as Error).message })
      end()
      return
    }
    deliver()
    if (awaited && machine.waiting === 0) {
      awaited = false
      post({ taken: true })
    }
    if (busy) schedule()
  }
  const schedule = () => {
    if (scheduled) return
    scheduled = true
    later(slice)
  }
  if (live) setInterval(schedule, LOOK)
  schedule()
  const hear = (message: ToPico) => {
    if ('baud' in message) {
      machine.hostBaud = message.baud
      return
    }
    catchUp()
    machine.receive(message)
    idle = undefined
    awaited = true
    schedule()
  }
  return { machine, hear }
}
