/** How the image for QEMU's RISC-V machine `virt` is built: RV32IMAC, as microcontrollers without an FPU have it. */
import type { BoardBuild } from '../board-build.ts'

export const riscv32: BoardBuild = {
  core: 'riscv',
  compiler: 'riscv64-unknown-elf-gcc',
  // spec 2.2 counts the control registers to I: with _zicsr in its name, gcc 12 would link the 64-bit libgcc
  compile: ['-march=rv32imac', '-misa-spec=2.2', '-mabi=ilp32', '-msmall-data-limit=0'],
  sources: ['clock.c', 'line.c', 'flash.c'],
  linkerScript: 'link.ld',
  base: 0x20000000,
}
