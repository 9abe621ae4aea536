/** A line behind a TCP port: what `bpd emulate` offers, or a serial server such as ser2net in raw mode. */
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import type { Port, PortKind } from './port.ts'

/** As pyserial writes them. */
const SCHEME = 'socket://'
/** milliseconds to connect in */
const CONNECT = 5000

/** A board behind a TCP port of this or another machine. */
export const network: PortKind = {
  name: 'socket',
  kind: 'serial',
  counter: 'core cycles, counted inside the board',
  cyclesAreTime: true,
  realTime: true,
  missing: async () => undefined,
  open: (name) => openNetwork(name),
}

export const isNetwork = (name: string): boolean => name.startsWith(SCHEME)

/** name: socket://HOST:PORT */
async function openNetwork(name: string): Promise<Port> {
  const { host, number } = addressOf(name)
  const connect = async (): Promise<Socket> => {
    const socket = createConnection({ host, port: number, noDelay: true })
    try {
      // of the connecting alone: a signal of the socket's own would end the line too
      await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT) })
    } catch (error) {
      socket.on('error', () => {})
      socket.destroy()
      throw new FailedError(`${name}: cannot be connected to (${String((error as Error).message)})`)
    }
    return socket
  }
  const port: Port = {
    name,
    duplex: await connect(),
    async close() {
      port.duplex.on('error', () => {})
      port.duplex.destroy()
    },
    async reopen() {
      port.duplex = await connect()
    },
  }
  return port
}

function addressOf(name: string): { host: string; number: number } {
  const [, host, digits] = /^socket:\/\/(\[[\da-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(name) ?? []
  const number = Number(digits)
  if (host === undefined || number < 1 || number > 65535) {
    throw new InputError(`${name}: expected socket://HOST:PORT, such as socket://127.0.0.1:5000`)
  }
  return { host: host.replace(/^\[|\]$/g, ''), number }
}
