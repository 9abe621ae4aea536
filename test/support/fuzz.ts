/**
 * Hostile files against the kernel: `npm run fuzz -- [cases] [seed]`. Every other file gets a CRC that fits. A file is validated at one end
 * of the kernel's memory, where a byte read outside traps, and what passes is run there: nothing but its work memory and the action may
 * change. What is allowed is what `independent.ts` allows. A case that fails is printed in full.
 */
import { fileURLToPath } from 'node:url'
import * as layout from '../../runtime-as/kernel/assembly/layout.ts'
import { type Kernel, newKernel } from '../../runtime-as/kernel/kernel.ts'
import { isAllowed } from './independent.ts'
import { mutated, seedFiles } from './mutate.ts'
import { awkwardObservation, uniform } from './networks.ts'
import { resealed } from './tiny.ts'

/** room for the widest policy's work memory, observation and action, and for the longest file */
const MEMORY = 4 * 65536
const GUARD = 32
/** milliseconds of the processor that a case may take */
const SLOWEST = 1000

export interface FuzzResult {
  cases: number
  sealed: number
  accepted: number
  /** how often each code of `validate` came */
  codes: Record<number, number>
  slowestMilliseconds: number
}

export function fuzz(cases: number, seed: number): FuzzResult {
  const files = seedFiles()
  const random = uniform(seed)
  const kernel = newKernel(MEMORY)
  const result: FuzzResult = { cases, sealed: 0, accepted: 0, codes: {}, slowestMilliseconds: 0 }
  for (let i = 0; i < cases; i++) {
    const file = mutated(files[i % files.length], random)
    const seal = i % 2 === 0
    if (seal) {
      resealed(file)
      result.sealed++
    }
    const began = process.threadCpuUsage()
    try {
      const code = tryFile(kernel, file, (i & 2) === 0, i)
      result.codes[code] = (result.codes[code] ?? 0) + 1
      if (code === 0) result.accepted++
    } catch (error) {
      throw new Error(`case ${i} of seed ${seed}: ${error}\n${Buffer.from(file).toString('hex')}`)
    }
    const { user, system } = process.threadCpuUsage(began)
    const took = (user + system) / 1000
    result.slowestMilliseconds = Math.max(result.slowestMilliseconds, took)
    if (took > SLOWEST) throw new Error(`case ${i} of seed ${seed}: took ${took} ms`)
  }
  return result
}

/** Validates a file and runs it if it passes; returns the code. atEnd: of the memory, or at its start. Throws where anything is wrong. */
export function tryFile(kernel: Kernel, file: Uint8Array, atEnd: boolean, seed: number): number {
  const memory = new Uint8Array(kernel.memory.buffer)
  const at = atEnd ? (memory.length - file.length) & ~3 : 0
  memory.set(file, at)
  const code = kernel.validate(at, file.length)
  if ((code === 0) !== isAllowed(file)) throw new Error(`validate says ${code}, SPEC.md the opposite`)
  if (code === 0) run(kernel, memory, file, atEnd, seed)
  return code
}

function run(kernel: Kernel, memory: Uint8Array, file: Uint8Array, atEnd: boolean, seed: number): void {
  const view = new DataView(file.buffer, file.byteOffset)
  const coreBytes = view.getUint32(layout.CORE_BYTES_BE)
  const observations = view.getUint16(layout.CORE + layout.OBSERVATIONS, true)
  const actions = view.getUint16(layout.CORE + layout.ACTIONS, true)
  memory.fill(0x5a)
  const core = atEnd ? memory.length - coreBytes : 0
  memory.set(file.subarray(layout.CORE, layout.CORE + coreBytes), core)
  const work = kernel.workBytes(core)
  const action = (atEnd ? 0 : coreBytes) + GUARD
  const observation = action + 4 * actions + GUARD
  const scratch = observation + 4 * observations + GUARD
  if (scratch + work + GUARD + (atEnd ? coreBytes : 0) > memory.length) throw new Error('the fuzzer needs more memory')
  new Float32Array(memory.buffer, observation, observations).set(awkwardObservation(observations, seed, 0.2))
  const before = memory.slice()
  kernel.goldenMismatch(core, scratch)
  kernel.forward(core, observation, action, scratch)
  const bounds = new DataView(memory.buffer, core + view.getUint32(layout.CORE + layout.BOUNDS, true))
  const values = new DataView(memory.buffer, action)
  for (let i = 0; i < actions; i++) {
    const a = values.getFloat32(4 * i, true)
    const inside = a >= bounds.getFloat32(4 * i, true) && a <= bounds.getFloat32(4 * (actions + i), true)
    if (!inside) throw new Error(`action ${i}: ${a}, outside its bounds`)
  }
  before.set(memory.subarray(scratch, scratch + work), scratch)
  before.set(memory.subarray(action, action + 4 * actions), action)
  if (Buffer.compare(before, memory) !== 0) throw new Error('wrote outside its work memory and the action')
  admit(kernel, memory, core, observation)
}

/** Brings the observation within its bounds: nothing else may change, and what is said of it must be true. */
function admit(kernel: Kernel, memory: Uint8Array, core: number, observation: number): void {
  const view = new DataView(memory.buffer)
  const outside = view.getUint8(core + layout.OUTSIDE)
  const count = outside === layout.UNBOUNDED ? 0 : view.getUint16(core + layout.OBSERVATIONS, true)
  const low = core + view.getUint32(core + layout.BOUNDS, true) + 12 * view.getUint16(core + layout.ACTIONS, true)
  const expected = memory.slice()
  const after = new DataView(expected.buffer)
  let found = 0
  for (let at = 0; at < 4 * count; at += 4) {
    const x = view.getFloat32(observation + at, true)
    const [least, most] = [low, low + 4 * count].map((part) => view.getFloat32(part + at, true))
    if (x >= least && x <= most) continue
    found = Math.max(found, Number.isNaN(x) ? layout.REFUSE : outside)
    after.setFloat32(observation + at, Math.min(Math.max(x, least), most), true)
  }
  const said = Math.min(kernel.admit(core, observation), layout.REFUSE)
  if (said !== found) throw new Error(`admit says ${said}, expected ${found}`)
  for (let at = observation; at < observation + 4 * count; at += 4) {
    // which NaN it is may differ
    if (Number.isNaN(after.getFloat32(at, true)) && Number.isNaN(view.getFloat32(at, true))) {
      expected.set(memory.subarray(at, at + 4), at)
    }
  }
  if (Buffer.compare(expected, memory) !== 0) throw new Error('admit wrote something else than the bounds')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [cases = 1_000_000, seed = 1] = process.argv.slice(2).map(Number)
  const began = performance.now()
  const result = fuzz(cases, seed)
  console.log(JSON.stringify({ ...result, seed, seconds: Math.round((performance.now() - began) / 1000) }))
}
