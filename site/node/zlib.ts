/** What the board's client takes from Node's zlib, by the kernel. */
export { crc32 } from '../../runtime-as/kernel/kernel.ts'
