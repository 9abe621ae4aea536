/** How the image for STM32F405 boards (Cortex-M4F) is built. */
import type { BoardBuild } from '../board-build.ts'

export const stm32f405: BoardBuild = {
  core: 'cortex-m',
  compiler: 'arm-none-eabi-gcc',
  compile: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
  replaced: ['dense', 'groupedU8', 'groupedU8Relu'],
  sources: ['clock.c', 'line.c', 'flash.c', 'guard.c', 'grouped.S', 'dense.S'],
  linkerScript: 'link.ld',
  base: 0x08000000,
}
