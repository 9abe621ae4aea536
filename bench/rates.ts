/**
 * `node bench/rates.ts`: control rates that board, line and policy reach, as one JSON object. The Pico's share is measured on its emulator, in core
 * cycles from the last byte of a STEP to the first one of its answer; the rest is bytes and bits of the line. Needs npm packages only.
 */
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { FLASH_BYTES } from '../firmware-bridge/emulators/boot-rom.ts'
import { BURST, CORE_HZ, PicoMachine } from '../firmware-bridge/emulators/machine.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { imageCard, imageUrl } from '../firmware-bridge/host/images.ts'
import type { Port } from '../firmware-bridge/host/port.ts'
import { BAUD } from '../firmware-bridge/host/serial.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'

const TASKS = ['pendulum', 'hopper', 'walker2d', 'halfcheetah', 'ant']
/** bits per second that adapters and both chips can do: the Pico's UART goes to core / 16, the STM32F405's to its bus clock / 16 */
const SPEEDS = [BAUD, 460_800, 921_600, 1_000_000, 2_000_000, 3_000_000]
/** start, 8 data bits, stop */
const BITS = 10
/** core clock of the STM32F405; QEMU counts instructions, of which one takes a cycle and more there */
const M4F_HZ = 168_000_000
const STEPS = 64
/** bit times after which the Pico's receiver hands over less than a burst; the emulator spares it */
const PICO_TIMEOUT = 32

interface Exchange {
  /** over the line, ENDs and escapes included */
  request: number
  answer: number
  /** core cycles from the last byte of the request to the first one of the answer */
  cycles: number
  /** of the chip's end */
  baud: number
}

const lineCycles = (bytes: number, baud: number) => (bytes * BITS * CORE_HZ) / baud
/** The emulator hands the first burst over at once, and each further one after the time of the one before. */
const emulatedLine = (bytes: number, baud: number) => lineCycles(BURST * Math.floor((bytes - 1) / BURST), baud)

/** A Pico in this thread, whose exchanges are told one by one. */
function meteredPico(): { port: Port; exchanges: Exchange[] } {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff)
  flash.set(readFileSync(imageUrl('rp2040.bin')))
  const exchanges: Exchange[] = []
  let out: number[] = []
  let first = 0
  const machine: PicoMachine = new PicoMachine(flash, (byte) => {
    if (out.length === 0) first = machine.cycles
    out.push(byte)
  })
  while (machine.run(Number.MAX_SAFE_INTEGER));
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      // of the last burst of the request before
      machine.rest(lineCycles(BURST, machine.baud))
      const { cycles: began, baud } = machine
      machine.receive(chunk)
      while (machine.run(Number.MAX_SAFE_INTEGER));
      const cycles = first - began - emulatedLine(chunk.length, baud)
      exchanges.push({ request: chunk.length, answer: out.length, cycles, baud })
      duplex.push(Uint8Array.from(out))
      out = []
      done()
    },
  })
  const set = async (baud: number) => {
    machine.hostBaud = baud
  }
  const close = async () => void duplex.destroy()
  return { port: { name: 'pico', duplex, speed: { own: BAUD, set }, close }, exchanges }
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

/** Instructions of an inference on the Cortex-M4F, as bench/board.ts counted them. */
function instructionsOf(task: string): number {
  const { rows } = JSON.parse(readFileSync(new URL('./results/board.json', import.meta.url), 'utf8'))
  return rows.find((row: { case: string }) => row.case === task).groupedInstructions
}

async function measure(task: string) {
  const file = readFileSync(new URL(`../models/${task}/student.bpd`, import.meta.url))
  const { contract, weights, goldens } = decodePolicy(file)
  const { port, exchanges } = meteredPico()
  const board = await Board.connect(port)
  await board.install(file)
  const action = new Float32Array(contract.action.names.length)
  const steps: Exchange[] = []
  const inferences: number[] = []
  const measured: number[] = []
  for (const baud of SPEEDS) {
    await board.speed(baud)
    exchanges.length = 0
    for (let i = 0; i < STEPS; i++) inferences.push(await board.step(goldens[i % goldens.length].observation, action))
    const whole = exchanges.map(({ request, answer, cycles, baud }) => cycles + lineCycles(request + answer, baud))
    measured.push(CORE_HZ / median(whole))
    steps.push(...exchanges)
  }
  await board.close()

  const bytes = Math.max(...steps.map(({ request, answer }) => request + answer))
  const inference = median(inferences)
  /** what the board does beside: finds the frame, checks and seals, copies, logs */
  const around = Math.round(median(steps.map(({ cycles }, i) => cycles - inferences[i])))
  const instructions = instructionsOf(task)
  const rate = (bits: number, baud: number, cycles: number, hz: number) => 1 / (bits / baud + cycles / hz)
  const bits = bytes * BITS
  return {
    task,
    observations: contract.observation.names.length,
    actions: action.length,
    weights,
    contractHz: 1 / contract.period,
    /** of a step over the line, request and answer, the longest of those measured */
    bytes,
    pico: {
      inferenceCycles: inference,
      aroundCycles: around,
      /** on the emulator, of its own time, at each speed: both ends went there by SPEED */
      measuredHz: measured,
      boardOnlyHz: CORE_HZ / inference,
      hz: SPEEDS.map((baud) => rate(bits + PICO_TIMEOUT, baud, inference + around, CORE_HZ)),
    },
    stm32f405: {
      inferenceInstructions: instructions,
      boardOnlyHz: M4F_HZ / instructions,
      // the Pico's cycles around an inference: the Cortex-M4F takes no more
      hz: SPEEDS.map((baud) => rate(bits, baud, instructions + around, M4F_HZ)),
    },
  }
}

export async function measureRates() {
  const rows = []
  for (const task of TASKS) rows.push(await measure(task))
  return { command: 'node bench/rates.ts', imageSha256: imageCard('rp2040').sha256, speeds: SPEEDS, steps: STEPS, rows }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await measureRates(), null, 2))
