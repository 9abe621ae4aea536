import type { ModuleName } from '../../runtime-as/kernel/modules.ts'

export interface BoardBuild {
  /** the folder of common/ with what every core of its kind has alike: `start.c`, `core.h` */
  core: 'cortex-m' | 'riscv'
  /** its folder, where that is not called as the board is */
  folder?: string
  /** which module its firmware is: with signatures, or the smallest; absent: the one that boards have (policy) */
  module?: Exclude<ModuleName, 'policy'>
  compiler: string
  /** the processor's flags, and what the board offers to the prelude */
  compile: string[]
  /** functions of the module that the board has its own of (native_<name>), to the same bits */
  replaced?: string[]
  /** files in the board's folder, in link order, behind those of common/ */
  sources: string[]
  linkerScript: string
  /** address of the image's first byte */
  base: number
  /** completes the image in place */
  seal?(image: Uint8Array): void
  /** the microcontroller's number in UF2 files; absent: its boot loader takes none */
  uf2Family?: number
}
