/** The chips that exported C is built for and run on, one record each, all without hardware. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { RP2040 } from 'rp2040js'
import { FailedError } from '../../runtime-as/errors.ts'

export interface Chip {
  name: string
  core: string
  /** what is counted */
  unit: 'instructions' | 'cycles'
  /** whether float is computed by the core */
  fpu: boolean
  /** what its tools begin with */
  tools: string
  /** the emulator's command; none: it comes from npm */
  emulator?: string
  flags: string[]
  /** C for the start and the counter, in this folder */
  source: string
  link: string[]
  repeats?: number
  /** runs a program and gives what it said */
  run(elf: string): string
}

export const LINK_SCRIPT = 'link.ld'
const bare = ['-nostdlib', '-nostartfiles', '-Wl,--gc-sections', '-Wl,--build-id=none']

function linked(flash: string, flashBytes: string, ram: string, ramBytes: string): string[] {
  const symbols = { FLASH_AT: flash, FLASH_BYTES: flashBytes, RAM_AT: ram, RAM_BYTES: ramBytes }
  return [
    ...bare,
    ...Object.entries(symbols).map(([name, value]) => `-Wl,--defsym=${name}=${value}`),
    '-T',
    LINK_SCRIPT,
  ]
}

function said(command: string, words: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw new FailedError(`${command}: failed\n${stdout}${stderr}`)
  return stdout + stderr
}

const qemuArm = (machine: string) => (elf: string) =>
  said(
    'qemu-system-arm',
    // biome-ignore format: the machine, then what runs on it
    [
      '-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none', '-icount', 'shift=0',
      '-semihosting-config', 'enable=on,target=native', '-kernel', elf,
    ],
  )

const qemuRiscv = (elf: string) =>
  said(
    'qemu-system-riscv32',
    // biome-ignore format: as above
    ['-M', 'virt', '-bios', 'none', '-nographic', '-monitor', 'none', '-serial', 'stdio', '-icount', 'shift=0', '-kernel', elf],
  )

const simavr = (mcu: string) => (elf: string) => said('simavr', ['-m', mcu, '-f', '16000000', elf])

const FLASH = 0x10000000

/** In this process. elf: beside it lies the same as plain bytes, .bin */
function rp2040(elf: string): string {
  const chip = new RP2040()
  chip.logger = { debug() {}, info() {}, warn: astray, error: astray }
  chip.flash.set(readFileSync(`${elf}.bin`))
  let text = ''
  let ended = false
  const { core } = chip
  chip.onBreak = (code) => {
    if (code === 1) core.registers[0] = core.cycles
    else if (code === 2) text += String.fromCharCode(core.registers[0] & 255)
    else ended = true
  }
  core.VTOR = FLASH
  core.reset()
  const view = new DataView(chip.flash.buffer, chip.flash.byteOffset)
  core.SP = view.getUint32(0, true)
  core.PC = view.getUint32(4, true) & ~1
  for (let left = 2e9; left > 0 && !ended; left--) core.executeInstruction()
  return text
}

function astray(part: string, message: string): never {
  throw new FailedError(`rp2040js: ${part}: ${message}`)
}

const M_HARD = ['-mthumb', '-mfloat-abi=hard']

export const chips: Chip[] = [
  {
    name: 'cortex-m0plus',
    core: 'Cortex-M0+',
    unit: 'cycles',
    fpu: false,
    tools: 'arm-none-eabi-',
    flags: ['-mcpu=cortex-m0plus', '-mthumb', '-O2'],
    source: 'rp2040.c',
    link: linked('0x10000000', '2M', '0x20000000', '256K'),
    run: rp2040,
  },
  {
    name: 'cortex-m4f',
    core: 'Cortex-M4F',
    unit: 'instructions',
    fpu: true,
    tools: 'arm-none-eabi-',
    emulator: 'qemu-system-arm',
    flags: ['-mcpu=cortex-m4', ...M_HARD, '-mfpu=fpv4-sp-d16', '-O3'],
    source: 'stm32f405.c',
    link: linked('0x08000000', '1M', '0x20000000', '128K'),
    run: qemuArm('netduinoplus2'),
  },
  {
    name: 'cortex-m33',
    core: 'Cortex-M33F',
    unit: 'instructions',
    fpu: true,
    tools: 'arm-none-eabi-',
    emulator: 'qemu-system-arm',
    flags: ['-mcpu=cortex-m33', ...M_HARD, '-mfpu=fpv5-sp-d16', '-O3'],
    source: 'an505.c',
    link: linked('0x10000000', '2M', '0x38000000', '128K'),
    repeats: 64,
    run: qemuArm('mps2-an505'),
  },
  {
    name: 'rv32imc',
    core: 'RV32IMC',
    unit: 'instructions',
    fpu: false,
    tools: 'riscv64-unknown-elf-',
    emulator: 'qemu-system-riscv32',
    flags: ['-march=rv32imc', '-mabi=ilp32', '--specs=picolibc.specs', '-O2'],
    source: 'virt.c',
    link: linked('0x80000000', '2M', '0x80400000', '256K'),
    run: qemuRiscv,
  },
  {
    name: 'rv32imafc',
    core: 'RV32IMAFC',
    unit: 'instructions',
    fpu: true,
    tools: 'riscv64-unknown-elf-',
    emulator: 'qemu-system-riscv32',
    flags: ['-march=rv32imafc', '-mabi=ilp32f', '--specs=picolibc.specs', '-O2'],
    source: 'virt.c',
    link: linked('0x80000000', '2M', '0x80400000', '256K'),
    run: qemuRiscv,
  },
  {
    name: 'atmega328p',
    core: 'AVR (ATmega328P)',
    unit: 'cycles',
    fpu: false,
    tools: 'avr-',
    emulator: 'simavr',
    flags: ['-mmcu=atmega328p', '-Os', '-DSTACK_PAINTED=512', '-DSTACK_OWN=24'],
    source: 'atmega.c',
    link: ['-Wl,--gc-sections', '-lm'],
    run: simavr('atmega328p'),
  },
]
