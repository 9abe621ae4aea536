/** A pseudo terminal as a serial port, with the in-process device at its other end. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'

/** Prints the terminal's name in one line to stderr, then carries bytes between it and stdin, stdout. */
const BRIDGE = `
import os, pty, select, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
print(os.ttyname(slave), file=sys.stderr, flush=True)
while True:
    for ready in select.select([0, master], [], [])[0]:
        data = os.read(ready, 4096)
        if not data: sys.exit()
        os.write(master if ready == 0 else 1, data)
`
export const possible = process.platform === 'linux' && spawnSync('python3', ['-c', 'import pty']).status === 0
const running: ChildProcessByStdio<Writable, Readable, Readable>[] = []
/** keeps the names of terminals that are gone: another test's would get them, and a client that looks for its board would find that one */
const kept: number[] = []

/** A serial device with the board behind it, until `unplug`. */
export async function plug(device = new InProcessBoard()) {
  const bridge = spawn('python3', ['-S', '-E', '-c', BRIDGE], { stdio: ['pipe', 'pipe', 'pipe'] })
  running.push(bridge)
  const [line] = await once(bridge.stderr, 'data')
  bridge.stdin.on('error', () => {})
  bridge.stdout.on('data', (bytes: Buffer) => void device.duplex.write(bytes))
  device.duplex.on('data', (bytes: Buffer) => void bridge.stdin.write(bytes))
  const path = String(line).trim()
  kept.push(openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK))
  return { device, path, unplug: () => bridge.kill('SIGKILL') }
}

export function unplugAll(): void {
  for (const bridge of running.splice(0)) bridge.kill('SIGKILL')
  for (const descriptor of kept.splice(0)) closeSync(descriptor)
}
