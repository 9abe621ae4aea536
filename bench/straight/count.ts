/** Compiles the C of a policy for the emulated STM32F405, runs its self-test there and counts the instructions of an inference. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailedError } from '../../runtime-as/errors.ts'
import { generateC } from '../../runtime-as/exports/c.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const COMPILER = 'arm-none-eabi-gcc'
const CPU = ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16']
/** without -ffp-contract=off: the source itself has to see to it */
const FLAGS = [
  '-std=gnu11',
  '-O3',
  '-ffreestanding',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Werror',
]
const LINK = ['-nostdlib', '-nostartfiles', '-Wl,--gc-sections', '-T', `${HERE}link.ld`]
const QEMU = ['-M', 'netduinoplus2', '-nographic', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=0']

export const hasArmCompiler = (): boolean => spawnSync(COMPILER, ['--version'], { stdio: 'ignore' }).status === 0

function run(command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new FailedError(`${command}: failed\n${stdout}${stderr}`)
  // semihosting writes to the standard error
  return stdout || stderr
}

/** The median over the golden observations; nothing where the compiler is not installed. Throws FailedError where a golden vector differs. */
export function countStraight(policy: Uint8Array) {
  if (!hasArmCompiler()) return {}
  const folder = mkdtempSync(join(tmpdir(), 'bpd-straight-'))
  try {
    const { source, header } = generateC(readProgram(policy), 'policy', 'policy.h')
    writeFileSync(join(folder, 'policy.c'), source)
    writeFileSync(join(folder, 'policy.h'), header)
    const elf = join(folder, 'policy.elf')
    const object = join(folder, 'policy.o')
    run(COMPILER, [...CPU, ...FLAGS, '-c', join(folder, 'policy.c'), '-o', object])
    const defines = ['-DPOLICY_SELF_TEST', '-DPOLICY="policy.c"', '-DSTEP=policy_step', `-I${folder}`]
    run(COMPILER, [...CPU, ...FLAGS, ...defines, `${HERE}counter.c`, ...LINK, '-o', elf, '-lgcc'])
    const said = run('qemu-system-arm', [...QEMU, '-semihosting-config', 'enable=on,target=native', '-kernel', elf])
    const { mismatch, counts } = JSON.parse(said) as { mismatch: number; counts: number[] }
    if (mismatch > 0) throw new FailedError(`generated C: golden vector ${mismatch - 1}: not reproduced on the board`)
    const [text, data, bss] = run('arm-none-eabi-size', [object]).split('\n')[1].trim().split(/\s+/).map(Number)
    counts.sort((a, b) => a - b)
    return {
      straightInstructions: counts[Math.floor((counts.length - 1) / 2)],
      straightFlashBytes: text + data,
      straightRamBytes: data + bss,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
