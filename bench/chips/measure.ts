/** One policy's exported C on one chip: its self-test there, what an inference takes, flash, RAM and stack. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailedError } from '../../runtime-as/errors.ts'
import { float } from '../../runtime-as/exports/c/text.ts'
import { generatePackage } from '../../runtime-as/exports/package.ts'
import { type Program, readProgram } from '../../runtime-as/exports/program.ts'
import { type Chip, LINK_SCRIPT } from './chips.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const FLAGS = ['-std=gnu11', '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra', '-Werror']
const NAME = 'policy'

export interface Measured {
  /** of the chip's unit: the median over the golden observations, and the most of them */
  median: number
  most: number
  /** bytes that the policy adds to a program, the float routines of the compiler among them */
  flash: number
  ram: number
  stack: number
}

export const isThere = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined

/** Whether the tools of a chip are installed. */
export const isInstalled = ({ tools, emulator }: Chip): boolean =>
  isThere(`${tools}gcc`) && (emulator === undefined || isThere(emulator))

/** What says that a program is too large for a chip. */
const TOO_LARGE = /too large|overflowed|will not fit|truncated to fit/

class TooLarge extends Error {}

export function run(cwd: string, command: string, words: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, encoding: 'utf8', timeout: 600_000 })
  if (error) throw new FailedError(`${command}: ${error.message}`)
  if (status !== 0 && TOO_LARGE.test(stderr)) throw new TooLarge()
  if (status !== 0) throw new FailedError(`${command}: failed\n${stdout}${stderr}`)
  return stdout
}

/** What its programs are linked with. */
export const linkOf = ({ link }: Chip): string[] =>
  link.map((word) => (word === LINK_SCRIPT ? HERE + LINK_SCRIPT : word))

/** Undefined: it does not fit. Throws FailedError where the self-test fails. defines: of the build, as -DPOLICY_TABLES=1 */
export function measure(chip: Chip, policy: Uint8Array, defines: string[] = []): Measured | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-chip-'))
  try {
    return measureIn(folder, chip, readProgram(policy), defines)
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measureIn(folder: string, chip: Chip, program: Program, defines: string[]): Measured {
  const files = generatePackage(program, NAME)
  for (const file of [`${NAME}.h`, `${NAME}.c`, `${NAME}_self_test.c`])
    writeFileSync(join(folder, file), files[`src/${file}`])
  writeFileSync(join(folder, 'goldens.h'), goldens(program))
  const gcc = `${chip.tools}gcc`
  const cc = [...chip.flags, ...FLAGS, ...defines, `-I${HERE}`, `-I${folder}`]
  run(folder, gcc, [...cc, '-c', `${NAME}.c`, `${NAME}_self_test.c`])
  const build = (elf: string, words: string[], objects: string[]) => {
    const all = [
      `-DHEADER="${NAME}.h"`,
      `-DSTEP=${NAME}_step`,
      `-DSELF_TEST=${NAME}_self_test`,
      `-DREPEATS=${chip.repeats ?? 1}`,
    ]
    const sources = [`${HERE}harness.c`, `${HERE}${chip.source}`]
    run(folder, gcc, [...cc, ...all, ...words, ...sources, ...objects, ...linkOf(chip), '-o', elf, '-lgcc'])
  }
  build('run.elf', [], [`${NAME}.o`, `${NAME}_self_test.o`])
  build('plain.elf', ['-DPLAIN'], [`${NAME}.o`])
  build('empty.elf', ['-DEMPTY'], [])
  run(folder, `${chip.tools}objcopy`, ['-O', 'binary', 'run.elf', 'run.elf.bin'])
  const { selfTest, counts, stack } = resultIn(chip.run(join(folder, 'run.elf')), chip)
  if (selfTest !== 0) throw new FailedError(`${chip.name}: the self-test returned ${selfTest}, expected 0`)
  const [plain, empty] = ['plain.elf', 'empty.elf'].map((elf) => sizes(run(folder, `${chip.tools}size`, [elf])))
  const sorted = counts.map((count) => Math.round(count / (chip.repeats ?? 1))).sort((a, b) => a - b)
  return {
    median: sorted[(sorted.length - 1) >> 1],
    most: sorted[sorted.length - 1],
    flash: plain.flash - empty.flash,
    ram: plain.ram - empty.ram,
    stack,
  }
}

function resultIn(said: string, chip: Chip): { selfTest: number; counts: number[]; stack: number } {
  const json = said.match(/\{"selfTest".*?\}/s)?.[0]
  if (json === undefined) throw new FailedError(`${chip.name}: said no result, but: ${said.slice(0, 500)}`)
  return JSON.parse(json)
}

function sizes(said: string): { flash: number; ram: number } {
  const [text, data, bss] = said.split('\n')[1].trim().split(/\s+/).map(Number)
  return { flash: text + data, ram: data + bss }
}

/** The golden observations, in flash as a policy's own tables are. */
function goldens({ goldens: list, observations, actions }: Program): string {
  const rows = list.map(({ observation }) => `  {${[...observation].map(float).join(', ')}},`)
  return `#ifdef __AVR__
#include <avr/pgmspace.h>
#define IN_FLASH PROGMEM
#define GOLDEN(i, k) pgm_read_float(&golden_observations[i][k])
#else
#define IN_FLASH
#define GOLDEN(i, k) golden_observations[i][k]
#endif
#define GOLDENS ${list.length}
#define OBSERVATIONS ${observations.length}
#define ACTIONS ${actions.length}
static const float golden_observations[GOLDENS][OBSERVATIONS] IN_FLASH = {
${rows.join('\n')}
};
`
}
