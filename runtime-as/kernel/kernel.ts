/** One instance of the policy kernel with a memory of its own. Addresses are bytes in that memory. */
import { kernelModule } from './module.ts'

const PAGE = 65536

export interface Kernel {
  memory: WebAssembly.Memory
  /** CRC-32 of zlib over `bytes` bytes */
  crc32(from: number, bytes: number): number
  /** 0 where [file, file + bytes) is a sound .bpd file, otherwise a code of assembly/codes.ts */
  validate(file: number, bytes: number): number
  /** bytes of work memory that `goldenMismatch` needs */
  workBytes(core: number): number
  /** 0, or 1 + the index of the first golden vector that is not reproduced */
  goldenMismatch(core: number, work: number): number
  /** brings an observation within the policy's bounds, in place: 0, CLAMP where numbers were limited, REFUSE or more where it must not be acted on */
  admit(core: number, observation: number): number
  /** one inference: f32[observations] to f32[actions]; scratch: f32[2 * widest] */
  forward(core: number, observation: number, action: number, scratch: number): void
  tanhf(x: number): number
}

/** A kernel whose memory has room for at least `bytes`, all zero. */
export function newKernel(bytes: number): Kernel {
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)) })
  return { ...(new WebAssembly.Instance(kernelModule(), imports(memory)).exports as unknown as Kernel), memory }
}

/** The device, which lives in the same module, asks a board for functions. Running a policy calls none of them. */
function imports(memory: WebAssembly.Memory): WebAssembly.Imports {
  const given: Record<string, Record<string, WebAssembly.ImportValue>> = {}
  for (const { module, name, kind } of WebAssembly.Module.imports(kernelModule())) {
    given[module] ??= {}
    given[module][name] = kind === 'memory' ? memory : () => unreachable(`${module}.${name}`)
  }
  return given
}

function unreachable(name: string): never {
  throw new Error(`${name} belongs to the device and was called without a board`)
}

/** Grows the memory until it has `bytes`. Views of it made before are void then. */
export function reserve(kernel: Kernel, bytes: number): void {
  const missing = bytes - kernel.memory.buffer.byteLength
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE))
}

let shared: Kernel | undefined

/** A kernel for work that leaves nothing behind (checks, checksums), with `bytes` at address 0. Holds until the next call. */
export function sharedKernel(bytes: Uint8Array): Kernel {
  shared ??= newKernel(0)
  reserve(shared, bytes.length)
  new Uint8Array(shared.memory.buffer).set(bytes)
  return shared
}

/** CRC-32 of zlib and PNG, as an unsigned number. */
export const crc32 = (bytes: Uint8Array): number => sharedKernel(bytes).crc32(0, bytes.length) >>> 0
