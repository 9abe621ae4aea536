/**
 * An STM32F405 board in QEMU (machine netduinoplus2), its USART behind a pseudo terminal that `serialport` opens as any serial port.
 * With -icount shift=0 every instruction takes a nanosecond of the emulated time, which TIM2 counts: cycles are instructions, exactly.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { SLOT_CRC, SLOT_HEADER, SLOT_MAGIC_VALUE } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { imageUrl } from '../host/images.ts'
import type { Port, PortKind } from '../host/port.ts'
import { openSerial } from '../host/serial.ts'

const NAME = 'qemu-stm32f405'
const QEMU = 'qemu-system-arm'
const IMAGE = fileURLToPath(imageUrl('stm32f405.bin'))
/** of firmware/stm32f405/board.h */
const SLOT_A = 0x08020000
const SLOT_BYTES = 0xc0000
/** where the file begins in a slot of this board */
const FILE_AT = 32
/** An STM32F405 in QEMU. */
export const qemuStm32f405: PortKind = {
  name: NAME,
  kind: 'emulator',
  counter: 'instructions of the emulated Cortex-M4F, counted inside the board',
  cyclesAreTime: false,
  realTime: false,
  image: 'stm32f405',
  forgets: "QEMU's flash cannot be written: its policies are in RAM, which goes with it",
  missing: async () => missingQemu(),
  open: () => openQemu(),
  openPlaced: (placed) => openQemu({ placed }),
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

export interface QemuOptions {
  /** path of the firmware; default: the committed image */
  image?: string
  /** a .bpd file that lies in flash from the start. It may be larger than the slots in RAM that QEMU has otherwise; no other can be installed */
  placed?: Uint8Array
}

/** What to install before QEMU can run here, undefined: nothing. */
export function missingQemu(): string | undefined {
  if (process.platform === 'win32') return 'Linux or macOS (QEMU has no pseudo terminals on Windows)'
  const { status } = spawnSync(QEMU, ['--version'], { stdio: 'ignore' })
  return status === 0
    ? undefined
    : `${QEMU} (Debian, Ubuntu: apt-get install qemu-system-arm; macOS: brew install qemu)`
}

/** Starts the board. Throws InputError where QEMU is not installed, FailedError where it does not start. */
export async function openQemu(options: QemuOptions = {}): Promise<Port> {
  const missing = missingQemu()
  if (missing !== undefined) throw new InputError(`${NAME}: cannot run here, expected ${missing}`)
  const args = ['-M', 'netduinoplus2', '-nographic', '-monitor', 'none', '-serial', 'pty', '-icount', 'shift=0']
  const slot = options.placed && slotWith(options.placed)
  const folder = mkdtempSync(join(tmpdir(), 'bpd-qemu-'))
  if (slot) {
    const file = join(folder, 'slot.bin')
    writeFileSync(file, slot)
    args.push('-device', `loader,file=${file},addr=${SLOT_A},force-raw=on`)
  }
  const command = ['-c', GUARD, 'sh', folder, QEMU, ...args, '-kernel', options.image ?? IMAGE]
  const qemu = spawn('sh', command, { stdio: ['pipe', 'pipe', 'pipe'] })
  // it may be gone already when its input is closed
  qemu.stdin.on('error', () => {})
  const stopped = once(qemu, 'exit')
  const stop = async () => {
    qemu.stdin.end()
    await stopped
  }
  try {
    const port = await openSerial(await terminalOf(qemu))
    return {
      name: NAME,
      duplex: port.duplex,
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
function terminalOf(qemu: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (what: string) => reject(new FailedError(`${NAME}: ${what} (${said.replace(/\s+/g, ' ').trim()})`))
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

/** The bytes of a slot with this policy, as an installation would have left it. */
function slotWith(policy: Uint8Array): Uint8Array {
  if (policy.length > SLOT_BYTES - FILE_AT) {
    throw new InputError(`${NAME}: policy: ${policy.length} bytes, expected at most ${SLOT_BYTES - FILE_AT}`)
  }
  const slot = Buffer.alloc(FILE_AT + policy.length, 0xff)
  for (const [i, word] of [SLOT_MAGIC_VALUE, 1, policy.length, crc32(policy)].entries()) slot.writeUInt32LE(word, 4 * i)
  // of the header; and the mark that confirms, which repeats it
  for (const at of [SLOT_CRC, SLOT_HEADER]) slot.writeUInt32LE(crc32(slot.subarray(0, SLOT_CRC)), at)
  slot.set(policy, FILE_AT)
  return slot
}
