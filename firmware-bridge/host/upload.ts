/** A .bpd file on its way to a board's spare slot: BEGIN, DATA in order, COMMIT, CONFIRM. Client code for `Board.install`. */

import { FailedError } from '../../runtime-as/errors.ts'
import { BEGIN, COMMIT, CONFIRM, DATA, MAX_CHUNK } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import type { BoardInfo } from './info.ts'
import { SilentError } from './refusal.ts'
import type { Patience, Requester } from './requester.ts'

export interface UploadPatience {
  /** for a chunk */
  each: Patience
  /** for what may take long: to erase, to test a whole policy */
  long: Patience
}

/** bytes of the shortest chunks that a bad line is left with */
const SMALLEST = 32

/** a longer chunk is given up for shorter ones after so many times the timeout, or half the patience */
const TRIES = 8

/** bytes that the board has, of all */
export type UploadProgress = (sent: number, total: number) => void

/** Goes on where the board says that the upload of this file stands. The board runs the policy afterwards, unconfirmed. crc: of the file */
export async function upload(
  line: Requester,
  info: BoardInfo,
  bytes: Uint8Array,
  crc: number,
  patience: UploadPatience,
  onProgress?: UploadProgress,
): Promise<void> {
  const most = Math.min(MAX_CHUNK, info.maxPayload - 4)
  const largest = most - (most % info.programBytes)
  if (largest === 0)
    throw new FailedError(`${info.name}: program units of ${info.programBytes} bytes do not fit a frame`)
  const smallest = Math.ceil(SMALLEST / info.programBytes) * info.programBytes
  let chunk = largest
  const begin = async (each: Patience) => firstWord(await line.request(BEGIN, words(bytes.length, crc), each))
  let sent = await begin(patience.long)
  while (sent < bytes.length) {
    onProgress?.(sent, bytes.length)
    const payload = Uint8Array.of(...words(sent), ...bytes.subarray(sent, sent + chunk))
    const { retries } = line.counters
    const shorter = Math.max(smallest, half(chunk, info.programBytes))
    const { timeout, limit } = patience.each
    const tried = chunk === smallest ? patience.each : { timeout, limit: Math.min(TRIES * timeout, limit / 2) }
    let next: number
    try {
      next = firstWord(await line.request(DATA, payload, tried))
    } catch (error) {
      if (chunk === smallest || !(error instanceof SilentError)) throw error
      chunk = shorter
      sent = await begin(patience.each)
      continue
    }
    // a short frame gets through a line that spoils bytes where a long one does not
    if (line.counters.retries > retries) chunk = shorter
    else chunk = Math.min(largest, 2 * chunk)
    if (next <= sent) throw new FailedError(`${line.port.name}: the upload does not advance past byte ${sent}`)
    sent = next
  }
  onProgress?.(sent, bytes.length)
  await line.request(COMMIT, words(), patience.long)
}

/** Makes the running policy stay, if its file has this CRC-32. */
export async function confirm(line: Requester, crc: number, patience: UploadPatience): Promise<void> {
  await line.request(CONFIRM, words(crc), patience.each)
}

const half = (chunk: number, unit: number): number => Math.floor(chunk / 2 / unit) * unit

function words(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true)
  return new Uint8Array(view.buffer)
}

const firstWord = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0, true)
