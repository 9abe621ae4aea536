/** How the image for the Raspberry Pi Pico is built. */
import type { BoardBuild } from '../board-build.ts'

export const rp2040: BoardBuild = {
  core: 'cortex-m',
  compiler: 'arm-none-eabi-gcc',
  compile: ['-mcpu=cortex-m0plus', '-mthumb', '-DBOARD_MULTIPLY_ADD'],
  replaced: ['rowsFixed'],
  sources: ['boot2.S', 'clock.c', 'line.c', 'flash.c', 'multiply-add.S', 'fixed.S'],
  linkerScript: 'link.ld',
  /** address of the image's first byte */
  base: 0x10000000,
  /** the boot ROM accepts the first 256 bytes only with their CRC-32 (MPEG-2) in the last four */
  seal(image) {
    const view = new DataView(image.buffer, image.byteOffset, image.length)
    view.setUint32(252, crc32Mpeg2(image.subarray(0, 252)), true)
  },
  uf2Family: 0xe48bff56,
}

/** Polynomial 0x04c11db7, most significant bit first, from all ones, not inverted. */
export function crc32Mpeg2(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0)
  }
  return crc >>> 0
}
