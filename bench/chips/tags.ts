/** Counts the instructions that the two tags of a STEP take on the emulated STM32F405, from the module that boards run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownSource, wasm2cScript } from '../../firmware-bridge/firmware/wasm2c.ts'
import { type Chip, chips } from './chips.ts'
import { isInstalled, linkOf, run } from './measure.ts'

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const FLAGS = ['-std=gnu11', '-ffreestanding', '-ffp-contract=off', '-fno-math-errno']
const QUIET = ['-fno-tree-loop-distribute-patterns', '-ffunction-sections', '-fdata-sections', '-w']
const CORE = 'Cortex-M4F'

/** Undefined where its tools are not installed. */
export const tagsChip = (): Chip | undefined => chips.filter(isInstalled).find(({ core }) => core === CORE)

/** request, answer: bytes of their payloads. Nothing without the chip's tools */
export function countTags(request: number, answer: number): { instructions?: number } {
  const chip = tagsChip()
  if (!chip) return {}
  const folder = mkdtempSync(join(tmpdir(), 'bpd-tags-'))
  try {
    const wasm = path('runtime-as/kernel/build/signed.wasm')
    run(folder, process.execPath, [wasm2cScript(), wasm, '--module-name', 'policy', '-o', 'policy.c'])
    const source = join(folder, 'policy.c')
    writeFileSync(source, ownSource(readFileSync(source, 'utf8')))
    const include = [`-I${path('firmware-bridge/firmware/common')}`, `-I${folder}`]
    const defines = [`-DREQUEST=${request}`, `-DANSWER=${answer}`]
    const sources = [path('bench/chips/tags.c'), source]
    const words = [...chip.flags, ...FLAGS, ...QUIET, ...include, ...defines, ...sources, ...linkOf(chip)]
    run(folder, `${chip.tools}gcc`, [...words, '-o', 'tags.elf', '-lgcc'])
    return { instructions: Number(chip.run(join(folder, 'tags.elf'))) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
