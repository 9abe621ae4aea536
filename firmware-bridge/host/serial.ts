/** Real serial ports, through the `serialport` package: listed, opened, found again after they went away, closed. */
import { readdir, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SerialPort } from 'serialport'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { requireBaud } from './line-end.ts'
import type { Port, PortKind } from './port.ts'

/** A board on a real serial port. */
export const serial: PortKind = {
  name: 'serial',
  kind: 'serial',
  counter: 'core cycles, counted inside the board',
  cyclesAreTime: true,
  realTime: true,
  missing: async () => undefined,
  open: (name) => openSerial(name),
}

/** bits per second of the committed images; a USB port takes any */
export const BAUD = 115_200
/** milliseconds in which a port that went away has to come back */
const REOPEN = 5000

/** A native module: loaded where a port is touched, not before. */
const serialport = () => import('serialport')

/** serialport asks udevadm on Linux; where that is not installed (containers), the names alone. */
export async function listSerial(): Promise<{ path: string; [detail: string]: string | undefined }[]> {
  const { SerialPort } = await serialport()
  try {
    return (await SerialPort.list()).map((port) => ({ ...port }))
  } catch (error) {
    if (process.platform !== 'linux' || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new FailedError(`serial ports cannot be listed (${(error as Error).message})`)
    }
    const names = (await readdir('/dev')).filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name))
    return names.sort().map((name) => ({ path: `/dev/${name}` }))
  }
}

/**
 * Throws InputError where there is no such port, FailedError where it cannot be opened. A port that went away is opened again wherever the same USB
 * serial number turns up, since the system may name it anew; without such a number, under its old name. name: /dev/ttyUSB0, or /dev/ttyUSB0@921600 for a
 * board whose firmware was built with another LINE_BAUD; list: the ports that there are
 */
export async function openSerial(name: string, list = listSerial): Promise<Port> {
  const { path, baud } = speedIn(name)
  // what cannot be listed here can still be opened
  const ports = await list().catch(() => [])
  const serialNumber = ports.find((port) => port.path === path)?.serialNumber
  const find = async (): Promise<string> => {
    if (!serialNumber) return path
    const found = (await list()).find((port) => port.serialNumber === serialNumber)
    if (found === undefined) throw new InputError(`${path}: no port with USB serial number ${serialNumber}`)
    return found.path
  }
  const port: Port = {
    name: path,
    duplex: await openPath(path, baud),
    close: () => close(port.duplex as SerialPort),
    speed: { own: baud, set: (other) => setSpeed(path, port.duplex as SerialPort, other) },
    async reopen() {
      const deadline = performance.now() + REOPEN
      for (;;) {
        try {
          port.duplex = await openPath(await find(), baud)
          return
        } catch (error) {
          if (performance.now() > deadline) throw new FailedError(`${path}: went away and did not come back`)
          if (!(error instanceof FailedError || error instanceof InputError)) throw error
          await sleep(100)
        }
      }
    },
  }
  return port
}

function speedIn(name: string): { path: string; baud: number } {
  const [, path, digits] = /^(.+)@(\d+)$/.exec(name) ?? [undefined, name, BAUD]
  const baud = Number(digits)
  requireBaud(name, baud)
  return { path, baud }
}

function setSpeed(path: string, opened: SerialPort, baudRate: number): Promise<void> {
  return new Promise((resolve, reject) => {
    opened.update({ baudRate }, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(new FailedError(`${path}: cannot be set to ${baudRate} baud (${error.message.replace(/\s+/g, ' ')})`))
    })
  })
}

async function openPath(path: string, baudRate: number): Promise<SerialPort> {
  // Windows names its ports without a file behind them
  if (process.platform !== 'win32') {
    const file = await stat(path).catch(() => undefined)
    if (file === undefined) throw new InputError(`${path}: no such port, expected one that 'bpd boards' lists`)
    if (!file.isCharacterDevice()) throw new InputError(`${path}: not a serial port`)
  }
  const { SerialPort } = await serialport()
  const opened = new SerialPort({ path, baudRate, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    opened.open((error) => (error === null || error === undefined ? resolve() : reject(refusal(path, error))))
  })
  return opened
}

/** The operating system's words, in one line of ours. */
function refusal(path: string, { message }: Error): Error {
  if (/lock|busy|temporarily unavailable|access denied/i.test(message)) {
    return new FailedError(`${path}: busy, another program has it open`)
  }
  if (/permission/i.test(message)) {
    return new FailedError(`${path}: no permission to open it (on Linux: is your user in the group 'dialout'?)`)
  }
  if (/no such|not found|cannot find/i.test(message)) {
    return new InputError(`${path}: no such port, expected one that 'bpd boards' lists`)
  }
  if (/ioctl|not a tty|invalid argument/i.test(message)) return new InputError(`${path}: not a serial port`)
  return new FailedError(`${path}: cannot be opened (${message.replace(/\s+/g, ' ')})`)
}

function close(opened: SerialPort): Promise<void> {
  // closing cancels a read that is under way, which the port reports as an error
  opened.on('error', () => {})
  return new Promise((resolve) => {
    if (opened.isOpen) opened.close(() => resolve())
    else resolve()
  })
}
