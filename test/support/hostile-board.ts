/** A board that means harm: it hears every request, and answers what a test says, sealed as the request's own answer unless that says otherwise. */
import { Duplex } from 'node:stream'
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  openFrame,
  sealFrame,
  sealOf,
} from '../../firmware-bridge/host/frames.ts'
import type { Port } from '../../firmware-bridge/host/port.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { ANSWER, INFO_BYTES, MAX_FRAME, PROTOCOL, STEP } from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** One answer: parts of its frame that are not as they should be, and what it is sealed with in place of its request. */
export type Answer = Partial<Frame> & { seal?: number }

/** answer: to each request, undefined: none. port: of its name */
export function hostilePort(answer: (request: Frame, port: HostilePort) => Answer | undefined, contract = 0) {
  const port: HostilePort = {
    name: 'hostile',
    requests: 0,
    duplex: new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        decoder.write(chunk)
        done()
      },
    }),
    async close() {
      port.duplex.destroy()
    },
  }
  const decoder = new FrameDecoder((bytes) => {
    if (bytes === undefined || bytes.length > MAX_FRAME) return
    // its session is number 0, in its first epoch
    const request = openFrame(bytes, bytes[0] === STEP ? contract : 0)
    if (request === undefined) return
    port.requests++
    const answered = answer(request, port)
    if (answered === undefined) return
    const { type, sequence } = request
    const frame = { type: type | ANSWER, status: 0, sequence, payload: new Uint8Array(0), ...answered }
    const sealed = sealFrame(frame, answered.seal ?? sealOf(bytes))
    if (!port.duplex.destroyed) port.duplex.push(encodeFrame(sealed))
  })
  return port
}

export interface HostilePort extends Port {
  duplex: Duplex
  /** heard so far */
  requests: number
}

/** A right answer to HELLO: a board that runs one policy. altered: fields by their names in protocol.ts, and numbers of one, two or four bytes */
export function helloAnswer(altered: Record<string, number> = {}, name = 'hostile'): Uint8Array {
  const fields: Record<string, number> = {
    INFO_PROTOCOL: PROTOCOL,
    INFO_FORMAT: 1,
    INFO_SLOT: 0,
    INFO_CONFIRMED: 1,
    INFO_MAX_PAYLOAD: 516,
    INFO_OBSERVATIONS: 3,
    INFO_ACTIONS: 1,
    INFO_GOLDENS: 3,
    INFO_GENERATION: 1,
    INFO_POLICY_BYTES: 1000,
    INFO_PERIOD: 20_000,
    INFO_FILE_BYTES: 65_536,
    INFO_ERASE_BYTES: 4096,
    INFO_PROGRAM_BYTES: 256,
    INFO_CLOCK_HZ: 1e9,
    ...altered,
  }
  const bytes = new Uint8Array(INFO_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [field, value] of Object.entries(fields)) {
    const at = (protocol as unknown as Record<string, number>)[field]
    if (at < 4) view.setUint8(at, value)
    else if (at < 12) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
  }
  bytes.set(new TextEncoder().encode(name).subarray(0, 16), protocol.INFO_NAME)
  return bytes
}

export const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
