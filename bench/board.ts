/**
 * Instructions of one inference on the emulated STM32F405 (Cortex-M4F, QEMU), dense and sparse, as one JSON object. `--write` stores it in
 * results/board.json, which the slow tests hold the kernel to. Needs qemu-system-arm.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Board } from '../firmware-bridge/client.ts'
import { openQemu } from '../firmware-bridge/emulators/qemu.ts'
import { imageCard } from '../firmware-bridge/image-card.ts'
import type { BoardInfo } from '../firmware-bridge/info.ts'
import { CORE } from '../runtime-as/assembly/layout.ts'
import { decodePolicy } from '../runtime-as/decode.ts'
import { newKernel, reserve } from '../runtime-as/kernel.ts'
import { loadPolicy } from '../runtime-as/policy.ts'
import { type BoardCase, boardCases } from './board-cases.ts'
import { countStraight } from './straight/count.ts'

const PORT = 'qemu-stm32f405'
/** an interrupt of the clock may fall into one of them, not into all */
const REPEATS = 8
export const RESULTS = fileURLToPath(new URL('results/board.json', import.meta.url))

/**
 * Of a dense 25-256-256-1 on the same emulated core, counted in the same way: a weak baseline of our own would flatter the student, so
 * dense layers have an assembler routine too.
 */
const ELSEWHERE = {
  'our kernel as the compiler leaves it (before dense.S)': 295_548,
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
  groupedInstructions: number
  /** of the C that `bpd export` writes; absent without arm-none-eabi-gcc */
  straightInstructions?: number
  /** its code, constants and row buffers alone */
  straightFlashBytes?: number
  straightRamBytes?: number
  speedup: number
  /** the student's file, and the firmware's image beside it */
  flashBytes: number
  imageBytes: number
  /** what the student works in, and what the firmware takes beside it: line buffers, state (its stack apart) */
  ramBytes: number
  firmwareRamBytes: number
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
  absent: string[]
  /** instructions of other kernels for the dense network of pendulum-paper */
  denseElsewhere: Record<string, number>
}

export async function measureBoard(): Promise<BoardResults> {
  const { cases, absent } = boardCases()
  const rows: BoardRow[] = []
  for (const one of cases) rows.push(await row(one))
  const { compiler, flags, sha256 } = imageCard('stm32f405')
  return {
    port: PORT,
    counter:
      'TIM2 under -icount shift=0: instructions; median over the golden observations of the least of several runs',
    ...{ compiler, flags, imageSha256: sha256 },
    densePlaced: 'in flash, by the emulator: too large for its RAM',
    ...{ rows, absent, denseElsewhere: ELSEWHERE },
  }
}

async function row({ name, dense, student }: BoardCase): Promise<BoardRow> {
  const before = await instructions(dense)
  const { info, count } = await instructions(student)
  const work = workBytes(student)
  return {
    board: info.name,
    case: name,
    denseInstructions: before.count,
    groupedInstructions: count,
    ...countStraight(student),
    speedup: Number((before.count / count).toFixed(2)),
    flashBytes: student.length,
    imageBytes: info.imageBytes,
    ramBytes: work,
    firmwareRamBytes: info.staticBytes - info.workBytes,
    weights: decodePolicy(student, name).weights,
  }
}

async function instructions(policy: Uint8Array): Promise<{ info: BoardInfo; count: number }> {
  loadPolicy(policy)
  const board = await Board.connect(await openQemu({ placed: policy }))
  try {
    const goldens = board.info.policy?.goldens ?? 0
    const counts = await board.bench(goldens * REPEATS)
    const least = Array.from({ length: goldens }, (_, g) => Math.min(...counts.filter((_, i) => i % goldens === g)))
    return { info: board.info, count: least.sort((a, b) => a - b)[Math.floor((goldens - 1) / 2)] }
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = `${JSON.stringify(await measureBoard(), null, 2)}\n`
  if (process.argv.includes('--write')) writeFileSync(RESULTS, text)
  process.stdout.write(text)
}
