/**
 * What exported C takes on each chip that can be emulated: the shipped students, and the paper's size beside a dense network of it, as one JSON
 * object. Every figure comes after the self-test passed there. `--write` stores it in results/chips.json. Needs the cross compilers, QEMU and simavr
 * (`.ci/run` has their packages).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { valuesOf } from '../runtime-as/format/network.ts'
import { paperFile, pendulumPaper } from './board-cases.ts'
import { chips } from './chips/chips.ts'
import { type Measured, measure } from './chips/measure.ts'

export const RESULTS = fileURLToPath(new URL('results/chips.json', import.meta.url))
const MODELS = fileURLToPath(new URL('../models/', import.meta.url))
/** the chip whose loops over tables are measured beside its straight lines */
const BOTH_WAYS = 'cortex-m4f'
export const TABLES = ['-DPOLICY_TABLES=1']

export interface ChipCase {
  name: string
  file: Uint8Array
}

export interface ChipRow {
  case: string
  weights: number
  bytes: number
  values: string
  /** by the chip's name; null: it does not fit */
  chips: Record<string, Measured | null>
  /** the same with NAME_TABLES=1, on a Cortex-M4F */
  tables?: Measured | null
}

export interface ChipResults {
  counted: string
  chips: { name: string; core: string; unit: string; compiler: string; flags: string }[]
  rows: ChipRow[]
}

/** Shipped students in the order of their names; then the paper's size, dense and sparse. */
export function chipCases(): ChipCase[] {
  const shipped = readdirSync(MODELS)
    .sort()
    .flatMap((task) =>
      ['student', 'smallest'].map((which) => ({ name: `${task} ${which}`, path: `${MODELS}${task}/${which}.bpd` })),
    )
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, file: readFileSync(path) }))
  const { dense } = pendulumPaper()
  const narrow = (['f32', 'int8', 'int8-fixed'] as const).map((values) => ({
    name: `paper size ${values}`,
    file: paperFile(values),
  }))
  return [...shipped, { name: 'paper size dense', file: dense }, ...narrow]
}

export function measureRow({ name, file }: ChipCase): ChipRow {
  const { weights, network } = decodePolicy(file, name)
  const row: ChipRow = { case: name, weights, bytes: file.length, values: valuesOf(network), chips: {} }
  for (const chip of chips) {
    console.error(`${name}: ${chip.name}`)
    row.chips[chip.name] = measure(chip, file) ?? null
    if (chip.name === BOTH_WAYS && row.values !== 'int8-fixed') row.tables = measure(chip, file, TABLES) ?? null
  }
  return row
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = (gcc: string) => spawnSync(gcc, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
  const results: ChipResults = {
    counted:
      'median and most over the golden observations; flash and RAM: what the policy adds to a program without float arithmetic; stack below the caller',
    chips: chips.map(({ name, core, unit, tools, flags }) => ({
      name,
      core,
      unit,
      compiler: version(`${tools}gcc`),
      flags: flags.join(' '),
    })),
    rows: chipCases().map(measureRow),
  }
  const text = `${JSON.stringify(results, null, 2)}\n`
  if (process.argv.includes('--write')) writeFileSync(RESULTS, text)
  process.stdout.write(text)
}
