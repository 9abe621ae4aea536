/** A real board, through the browser's Web Serial: the user picks the port in the browser's own dialogue. */
import type { Port } from '../../firmware-bridge/host/port.ts'
import { FailedError } from '../../runtime-as/errors.ts'
import { Line } from './line.ts'
import type { BrowserPort } from './port.ts'

/** bits per second, as the firmware's UART has it */
const BAUD = 115_200
/** milliseconds in which a port that went away has to come back, and between two tries */
const [REOPEN, RETRY] = [5000, 200]

/** What of Web Serial is used here. */
interface SerialPort {
  readonly readable: ReadableStream<Uint8Array> | null
  readonly writable: WritableStream<Uint8Array> | null
  open(options: { baudRate: number; bufferSize: number }): Promise<void>
  close(): Promise<void>
  getInfo(): { usbVendorId?: number; usbProductId?: number }
}

const serial = (): { requestPort(): Promise<SerialPort> } | undefined =>
  (navigator as unknown as { serial?: { requestPort(): Promise<SerialPort> } }).serial

export const webSerial = (): BrowserPort => ({
  label: 'Serial port…',
  counter: 'core cycles, counted inside the board',
  realTime: true,
  ...(!serial() && { missing: 'this browser has no Web Serial, expected Chromium, Chrome or Edge' }),
  open: openSerial,
})

async function openSerial(): Promise<Port> {
  const port = await serial()!.requestPort()
  const { usbVendorId, usbProductId } = port.getInfo()
  const id = [usbVendorId, usbProductId].map((part) => part?.toString(16).padStart(4, '0') ?? '????').join(':')
  const name = usbVendorId === undefined ? 'serial port' : `serial port ${id}`
  let open = await opened(port, name)
  return {
    name,
    get duplex() {
      return open.line.duplex
    },
    async reopen() {
      await open.close().catch(() => {})
      for (const deadline = performance.now() + REOPEN; ; ) {
        try {
          open = await opened(port, name)
          return
        } catch (error) {
          if (performance.now() > deadline) throw error
          await new Promise((again) => setTimeout(again, RETRY))
        }
      }
    },
    close: () => open.close(),
  }
}

/** Throws FailedError where it is busy or gone. */
async function opened(port: SerialPort, name: string): Promise<{ line: Line; close(): Promise<void> }> {
  try {
    await port.open({ baudRate: BAUD, bufferSize: 4096 })
  } catch (error) {
    throw new FailedError(`${name}: cannot be opened (${(error as Error).message}): does another program have it?`)
  }
  const writer = port.writable!.getWriter()
  const reader = port.readable!.getReader()
  const line = new Line((bytes) => writer.write(bytes))
  const reading = listen(reader, line)
  return {
    line,
    async close() {
      await reader.cancel().catch(() => {})
      await reading
      writer.releaseLock()
      await port.close().catch(() => {})
      line.end()
    },
  }
}

/** Until the port ends or fails. */
async function listen(reader: ReadableStreamDefaultReader<Uint8Array>, line: Line): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      line.receive(value)
    }
    line.end()
  } catch (error) {
    line.end(error as Error)
  } finally {
    reader.releaseLock()
  }
}
