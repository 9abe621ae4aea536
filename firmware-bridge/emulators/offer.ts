/** A board's line for programs of other kinds: as a TCP port, and as a pseudo terminal, which any program opens as a serial port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import { FailedError } from '../../runtime-as/errors.ts'
import type { Port } from '../host/port.ts'

/** A line that others can open under this name. */
export interface Offer {
  name: string
  /** told why it is there no more, where that was not asked for */
  gone?: Promise<string>
  close(): Promise<void>
}

/** What one end sends the other hears, no faster than it takes it. Ends with `near`. */
function join(near: { readable: Readable; writable: Writable }, board: Duplex): () => void {
  const toBoard = (bytes: Uint8Array) => {
    if (board.write(bytes)) return
    near.readable.pause()
    board.once('drain', () => near.readable.resume())
  }
  // what nobody reads is lost, as on a wire
  const fromBoard = (bytes: Uint8Array) => void (near.writable.writableLength < 65536 && near.writable.write(bytes))
  near.readable.on('data', toBoard)
  board.on('data', fromBoard)
  return () => {
    near.readable.off('data', toBoard)
    board.off('data', fromBoard)
  }
}

/**
 * Offers the line on this machine's loopback, to one program at a time: another one's connection waits its turn. Throws FailedError where the port is taken.
 *
 * @param port of the board
 * @param number of the TCP port, 0: any that is free
 */
export async function offerTcp(port: Port, number = 0): Promise<Offer> {
  const open = new Set<Socket>()
  let turn: Promise<unknown> = Promise.resolve()
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    open.add(socket)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => socket.destroy())
    void closed.then(() => open.delete(socket))
    turn = turn.then(async () => {
      if (socket.destroyed) return
      const leave = join({ readable: socket, writable: socket }, port.duplex)
      socket.resume()
      await closed
      leave()
    })
  })
  try {
    server.listen(number, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    throw new FailedError(`TCP port ${number}: cannot be offered (${(error as Error).message})`)
  }
  const address = server.address() as { port: number }
  return {
    name: `socket://127.0.0.1:${address.port}`,
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

/**
 * Programs that make a pseudo terminal, say its name in a line on their fourth descriptor, and carry bytes between it and their own input and output: Node itself
 * can make none. util-linux has `script` on every Linux.
 */
export const MAKERS: readonly { needs: string; platforms: readonly NodeJS.Platform[]; command: readonly string[] }[] = [
  {
    needs: 'script',
    platforms: ['linux'],
    // the last one waits for this process to end
    command: ['script', '-qfec', 'stty raw -echo; tty >&3; exec cat <&3 >/dev/null', '/dev/null'],
  },
  {
    needs: 'python3',
    platforms: ['linux', 'darwin', 'freebsd', 'openbsd'],
    command: [
      'python3',
      '-SEc',
      `
import os, pty, select, tty
board, name = pty.openpty()
tty.setraw(name)
os.write(3, os.ttyname(name).encode() + b'\\n')
while True:
    for ready in select.select([0, board], [], [])[0]:
        data = os.read(ready, 4096)
        if not data: raise SystemExit
        os.write(board if ready == 0 else 1, data)
`,
    ],
  },
]

const makerHere = () =>
  MAKERS.find(
    ({ needs, platforms }) =>
      platforms.includes(process.platform) && spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0,
  )

/** Why there can be no pseudo terminal here, undefined: there can. */
export const missingTerminal = (): string | undefined =>
  makerHere() ? undefined : `needs ${MAKERS.map(({ needs }) => needs).join(' or ')} on Linux, python3 on macOS`

/** milliseconds for a terminal to be named */
const START = 5000

/** Offers the line as a pseudo terminal. Throws FailedError where none can be made: `missingTerminal` says so before. */
export async function offerTerminal(port: Port, maker = makerHere()): Promise<Offer> {
  if (maker === undefined) throw new FailedError(`a pseudo terminal ${missingTerminal()}`)
  const [program, ...words] = maker.command
  // a session of its own: Ctrl-C at the command is not for it
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore', 'pipe'], detached: true })
  const stopped = once(child, 'exit').catch(() => {})
  const [stdin, stdout, , naming] = child.stdio as unknown as [Writable, Readable, null, Duplex]
  stdin.on('error', () => {})
  const name = await nameFrom(child, naming)
  const leave = join({ readable: stdout, writable: stdin }, port.duplex)
  return {
    name,
    gone: stopped.then(() => `terminal ${name}: has gone, ${program} ended`),
    async close() {
      leave()
      end(child)
      await stopped
    },
  }
}

async function nameFrom(child: ChildProcess, naming: Duplex): Promise<string> {
  try {
    const [line] = await once(naming, 'data', { signal: AbortSignal.timeout(START) })
    return String(line).trim()
  } catch {
    end(child)
    throw new FailedError(`a pseudo terminal cannot be made: ${child.spawnfile} named none`)
  }
}

/** The group: what it runs too. */
function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // gone by itself
  }
}
