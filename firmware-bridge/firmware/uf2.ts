/** UF2, the file that a board in its boot loader takes by drag and drop: blocks of 512 bytes, each with 256 bytes and their address. */

const BLOCK = 512
const PAYLOAD = 256
const FAMILY_PRESENT = 0x2000

/** image: what shall stand in flash from address `base` on. family: the microcontroller, as the UF2 project numbers them */
export function toUf2(image: Uint8Array, base: number, family: number): Uint8Array {
  const blocks = Math.ceil(image.length / PAYLOAD)
  const file = new Uint8Array(blocks * BLOCK)
  for (let i = 0; i < blocks; i++) {
    const view = new DataView(file.buffer, i * BLOCK, BLOCK)
    const words = [0x0a324655, 0x9e5d5157, FAMILY_PRESENT, base + i * PAYLOAD, PAYLOAD, i, blocks, family]
    for (const [k, word] of words.entries()) view.setUint32(4 * k, word, true)
    file.set(image.subarray(i * PAYLOAD, (i + 1) * PAYLOAD), i * BLOCK + 32)
    view.setUint32(BLOCK - 4, 0x0ab16f30, true)
  }
  return file
}
