/** The steps that a board remembers: the answer to LOG, decoded, and the pace of what is in it. */
import { FailedError } from '../../runtime-as/errors.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** A step that the board remembers. */
export interface LoggedStep {
  /** counts the steps since the log was emptied, from 0 */
  number: number
  /** CRC-32 of the request with the contract's hash: it stands for the observation */
  requestCrc: number
  /** the board's milliseconds since its start */
  milliseconds: number
  /** of the inference */
  cycles: number
  /** shape (actions), in the units of each */
  action: Float32Array
}

/** The answer to LOG: steps in the order in which they were made. actions: numbers in an action. Throws FailedError for a length that no steps have */
export function decodeLog(payload: Uint8Array, actions: number, port: string): LoggedStep[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const bytes = protocol.LOG_ACTION + 4 * actions
  if (payload.length % bytes !== 4) {
    throw new FailedError(`${port}: answered LOG ${payload.length} bytes, expected 4 and whole steps of ${bytes}`)
  }
  const first = view.getUint32(0, true)
  return Array.from({ length: (payload.length - 4) / bytes }, (_, i) => {
    const at = 4 + i * bytes
    const word = (field: number) => view.getUint32(at + field, true)
    return {
      number: first + i,
      requestCrc: word(protocol.LOG_CRC),
      milliseconds: word(protocol.LOG_MILLIS),
      cycles: word(protocol.LOG_CYCLES),
      action: Float32Array.from({ length: actions }, (_, k) => view.getFloat32(at + protocol.LOG_ACTION + 4 * k, true)),
    }
  })
}

/** Distance of the intervals between logged steps from the period (seconds), in milliseconds of the board's clock: mean and worst. steps: in order */
export function jitterOf(steps: readonly LoggedStep[], period: number): { mean: number; worst: number } {
  let [sum, worst] = [0, 0]
  for (let i = 1; i < steps.length; i++) {
    const off = Math.abs(((steps[i].milliseconds - steps[i - 1].milliseconds) >>> 0) - 1000 * period)
    sum += off
    worst = Math.max(worst, off)
  }
  return { mean: steps.length > 1 ? sum / (steps.length - 1) : 0, worst }
}
