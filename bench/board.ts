/**
 * Instructions of one inference on the emulated STM32F405 (Cortex-M4F, QEMU), dense and sparse, as one JSON object. `--write` stores it in
 * results/board.json, which the slow tests hold the kernel to. `--port NAME` measures another emulated board, into results/board-<image>.json. Needs
 * that board's emulator.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStm32f405 } from '../firmware-bridge/emulators/stm32f405.ts'
import { BOARDS, build } from '../firmware-bridge/firmware/build.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { type Cost, costOn, inferenceCost } from '../firmware-bridge/host/cost.ts'
import { imageCard } from '../firmware-bridge/host/images.ts'
import type { PortKind } from '../firmware-bridge/host/port.ts'
import { kindOf } from '../firmware-bridge/host/ports.ts'
import { InputError } from '../runtime-as/errors.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { MAX_FRAME, RING_BYTES } from '../runtime-as/kernel/assembly/device/protocol.ts'
import { CORE } from '../runtime-as/kernel/assembly/layout.ts'
import { newKernel, reserve } from '../runtime-as/kernel/kernel.ts'
import { loadPolicy } from '../runtime-as/kernel/policy.ts'
import { type BoardCase, boardCases } from './board-cases.ts'
import { chips } from './chips/chips.ts'
import { isInstalled, isThere, measure } from './chips/measure.ts'

const PORT = 'qemu-stm32f405'
export const RESULTS = fileURLToPath(new URL('results/board.json', import.meta.url))

/**
 * Of a dense 25-256-256-1 on the same emulated core, counted in the same way: a weak baseline of our own would flatter the student, so
 * dense layers have an assembler routine too, and both figures are told.
 */
const ELSEWHERE = {
  'plain C, -O3': 439_377,
  'CMSIS-NN f32': 371_000,
  onnx2c: 370_000,
  'RLtools, best of its modes': 283_000,
  'CMSIS-DSP f32': 207_000,
  'best f32 found: 4 rows at a time, fused multiply-add': 206_121,
  'CMSIS-NN int8': 163_324,
}

export interface BoardRow {
  board: string
  case: string
  denseInstructions: number
  /** the same kernel as the compiler leaves it, without dense.S; absent without arm-none-eabi-gcc */
  densePlainInstructions?: number
  groupedInstructions: number
  /** of all inferences, interrupts of the clock among them */
  groupedP99: number
  /** of the C that `bpd export` writes; absent without arm-none-eabi-gcc */
  straightInstructions?: number
  /** its code, constants and row buffers alone */
  straightFlashBytes?: number
  straightRamBytes?: number
  speedup: number
  /** the same against densePlainInstructions */
  speedupPlain?: number
  /** the student's file, and the firmware's image beside it */
  flashBytes: number
  imageBytes: number
  /** what the student works in, and what the firmware takes beside it (its stack apart), of which line buffers */
  ramBytes: number
  firmwareRamBytes: number
  lineBufferBytes: number
  weights: number
}

export interface BoardResults {
  port: string
  counter: string
  compiler: string
  flags: string
  imageSha256: string
  densePlaced: string
  rows: BoardRow[]
  /** instructions of other kernels for the dense network of pendulum-paper */
  denseElsewhere: Record<string, number>
}

export async function measureBoard(): Promise<BoardResults> {
  const rows: BoardRow[] = []
  const plain = buildPlain()
  try {
    for (const one of await boardCases()) rows.push(await row(one, plain?.image))
  } finally {
    if (plain) rmSync(plain.folder, { recursive: true })
  }
  const { compiler, flags, sha256 } = imageCard('stm32f405')
  return {
    port: PORT,
    counter:
      'TIM2 under -icount shift=0: instructions; median over the golden observations of the least of several runs',
    compiler,
    flags,
    imageSha256: sha256,
    densePlaced: 'in flash, by the emulator: too large for its RAM',
    rows,
    denseElsewhere: ELSEWHERE,
  }
}

async function row({ name, dense, student }: BoardCase, plain: string | undefined): Promise<BoardRow> {
  const before = await instructions(dense)
  const { info, count, p99 } = await instructions(student)
  const plainCount = plain === undefined ? undefined : (await instructions(dense, plain)).count
  const work = workBytes(student)
  return {
    board: info.name,
    case: name,
    denseInstructions: before.count,
    ...(plainCount !== undefined && { densePlainInstructions: plainCount }),
    groupedInstructions: count,
    groupedP99: p99,
    ...countStraight(student),
    speedup: Number((before.count / count).toFixed(2)),
    ...(plainCount !== undefined && { speedupPlain: Number((plainCount / count).toFixed(2)) }),
    flashBytes: student.length,
    imageBytes: info.imageBytes,
    ramBytes: work,
    firmwareRamBytes: info.staticBytes - info.workBytes,
    lineBufferBytes: RING_BYTES + 2 * MAX_FRAME,
    weights: decodePolicy(student, name).weights,
  }
}

/** The exported C on the same core; nothing where the compiler is not installed. */
function countStraight(student: Uint8Array) {
  const chip = chips.find(({ name }) => name === 'cortex-m4f')
  const measured = chip && isInstalled(chip) ? measure(chip, student) : undefined
  if (!measured) return {}
  const { median, flash, ram } = measured
  return { straightInstructions: median, straightFlashBytes: flash, straightRamBytes: ram }
}

/** The image without the assembler for dense layers; undefined without the compiler. */
function buildPlain(): { folder: string; image: string } | undefined {
  if (!isThere('arm-none-eabi-gcc')) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'bpd-plain-'))
  const { replaced, sources, ...board } = BOARDS.stm32f405
  const without = {
    replaced: replaced?.filter((name) => name !== 'dense'),
    sources: sources.filter((file) => file !== 'dense.S'),
  }
  const image = join(folder, 'plain.bin')
  writeFileSync(image, build('stm32f405', { ...board, ...without }, folder)['stm32f405.bin'])
  return { folder, image }
}

/** Of one inference. image: default the committed one */
export async function instructions(policy: Uint8Array, image?: string): Promise<Cost> {
  loadPolicy(policy)
  const board = await Board.connect(await openStm32f405({ placed: policy, image }))
  try {
    return await costOn(board)
  } finally {
    await board.close()
  }
}

/** RAM that the kernel asks for to run this file. */
function workBytes(policy: Uint8Array): number {
  const core = policy.subarray(CORE)
  const kernel = newKernel(core.length)
  reserve(kernel, core.length)
  new Uint8Array(kernel.memory.buffer).set(core)
  return kernel.workBytes(0)
}

/** What the same pairs cost on another emulated board. */
export interface OtherResults {
  port: string
  counter: string
  compiler: string
  flags: string
  imageSha256: string
  rows: Pick<BoardRow, 'case' | 'weights' | 'flashBytes' | 'denseInstructions' | 'groupedInstructions' | 'speedup'>[]
}

export const resultsOf = (image: string): string =>
  fileURLToPath(new URL(`results/board-${image}.json`, import.meta.url))

export async function measureOther(kind: PortKind, image: string): Promise<OtherResults> {
  const rows: OtherResults['rows'] = []
  for (const { name, dense, student } of await boardCases()) {
    const { count: before } = await inferenceCost(dense, kind)
    const { count } = await inferenceCost(student, kind)
    const { weights } = decodePolicy(student, name)
    const speedup = Number((before / count).toFixed(2))
    const sizes = { weights, flashBytes: student.length }
    rows.push({ case: name, ...sizes, denseInstructions: before, groupedInstructions: count, speedup })
  }
  const { compiler, flags, sha256 } = imageCard(image)
  return { port: kind.name, counter: kind.counter, compiler, flags, imageSha256: sha256, rows }
}

/** --port: another emulated board with an image. */
async function main(args: string[]): Promise<void> {
  const at = args.indexOf('--port')
  const kind = kindOf(at < 0 ? PORT : args[at + 1])
  if (kind.image === undefined) throw new InputError(`--port ${args[at + 1]}: expected an emulated board with an image`)
  const [results, path] =
    at < 0 ? [await measureBoard(), RESULTS] : [await measureOther(kind, kind.image), resultsOf(kind.image)]
  const text = `${JSON.stringify(results, null, 2)}\n`
  if (args.includes('--write')) writeFileSync(path, text)
  process.stdout.write(text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
