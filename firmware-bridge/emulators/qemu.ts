/**
 * Boards in QEMU, their UART behind a pseudo terminal that `serialport` opens as any serial port. With -icount shift=0 every instruction takes
 * a nanosecond of the emulated time: what counts nanoseconds there counts instructions, exactly.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import type { Port } from '../host/port.ts'
import { openSerial } from '../host/serial.ts'

/** One of QEMU's programs, and the package of Debian and Ubuntu that has it. */
export interface QemuProgram {
  command: string
  debian: string
}

/** milliseconds for QEMU to name its terminal */
const START = 10_000

/**
 * Runs QEMU until the standard input ends, which it does when this process closes it or dies in whatever way; then removes the folder.
 * Arguments: the folder, the command. QEMU blocks, and then ignores SIGTERM, when nobody reads its terminal.
 */
const GUARD = `exec 3<&0
folder=$1; shift
"$@" </dev/null 3<&- & qemu=$!
exec 2>/dev/null
{ cat <&3 >/dev/null; kill -KILL $qemu; } &
exec 3<&-
wait $qemu
rm -r "$folder"`

/** What to install before it can run here, undefined: nothing. */
export function missingQemu({ command, debian }: QemuProgram): string | undefined {
  if (process.platform === 'win32') return 'Linux or macOS (QEMU has no pseudo terminals on Windows)'
  const { status } = spawnSync(command, ['--version'], { stdio: 'ignore' })
  return status === 0 ? undefined : `${command} (Debian, Ubuntu: apt-get install ${debian}; macOS: brew install qemu)`
}

/** A path as part of one of QEMU's options. */
export const quoted = (path: string): string => path.replaceAll(',', ',,')

/**
 * Starts a board. name: of the port; machine: writes what QEMU reads into a folder of its own, which goes with QEMU, and gives the arguments.
 * Throws InputError where QEMU is not installed, FailedError where it does not start.
 */
export async function startQemu(
  name: string,
  program: QemuProgram,
  machine: (folder: string) => string[],
): Promise<Port> {
  const missing = missingQemu(program)
  if (missing !== undefined) throw new InputError(`${name}: cannot run here, expected ${missing}`)
  const folder = mkdtempSync(join(tmpdir(), 'bpd-qemu-'))
  const args = ['-nographic', '-monitor', 'none', '-serial', 'pty', '-icount', 'shift=0']
  try {
    args.push(...machine(folder))
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  const qemu = spawn('sh', ['-c', GUARD, 'sh', folder, program.command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  // it may be gone already when its input is closed
  qemu.stdin.on('error', () => {})
  const stopped = once(qemu, 'exit')
  const stop = async () => {
    qemu.stdin.end()
    await stopped
  }
  try {
    const port = await openSerial(await terminalOf(name, qemu))
    return {
      name,
      duplex: port.duplex,
      speed: port.speed,
      async close() {
        await Promise.all([port.close(), stop()])
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Name of the terminal, which QEMU prints. */
function terminalOf(name: string, qemu: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (what: string) => reject(new FailedError(`${name}: ${what} (${said.replace(/\s+/g, ' ').trim()})`))
    const timer = setTimeout(() => fail('QEMU did not start'), START)
    const hear = (bytes: Buffer) => {
      said += bytes
      const path = /redirected to (\/dev\/\S+)/.exec(said)?.[1]
      if (path === undefined) return
      clearTimeout(timer)
      resolve(path)
    }
    qemu.stdout?.on('data', hear)
    qemu.stderr?.on('data', hear)
    qemu.once('exit', () => {
      clearTimeout(timer)
      fail('QEMU stopped')
    })
  })
}
