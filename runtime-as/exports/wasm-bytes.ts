/** Just enough of WebAssembly's binary format to write a module: numbers, sections, and the instructions that a policy needs. */

export type Code = number[]

export const LOCAL_GET = 0x20
export const LOCAL_SET = 0x21
export const CALL = 0x10
export const RETURN = 0x0f
export const IF = 0x04
export const END = 0x0b
export const SELECT = 0x1b
export const I32_OR = 0x72
export const F32_EQ_NOT = 0x5c
export const F32_LESS = 0x5d
export const F32_GREATER = 0x5e
export const F32_ADD = 0x92
export const F32_MULTIPLY = 0x94
export const F32_DIVIDE = 0x95
export const EMPTY = 0x40
export const I32 = 0x7f
export const F32 = 0x7d
export const V128 = 0x7b

/** LEB128 */
export function unsigned(value: number): Code {
  const bytes: Code = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value]
}

function signed(value: number): Code {
  const bytes: Code = []
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value & 127]
}

const view = new DataView(new ArrayBuffer(4))

export function float(value: number): Code {
  view.setFloat32(0, value, true)
  return [0x43, view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3)]
}

export const integer = (value: number): Code => [0x41, ...signed(value)]

/** Bytes of a SIMD instruction. */
const simd = (number: number): Code => [0xfd, ...unsigned(number)]
export const F32X4_ADD = simd(0xe4)
export const F32X4_MULTIPLY = simd(0xe6)
export const I32X4_ADD = simd(0xae)
export const I32X4_SHIFT_SIGNED = simd(0xac)
export const I32X4_SPLAT = simd(0x11)
export const V128_AND = simd(0x4e)
/** a & ~b */
export const V128_AND_NOT = simd(0x4f)
export const lane = (k: number): Code => [...simd(0x1f), k]
export const F32X4_SPLAT = simd(0x13)

/** Every address is known: the base is 0, and lies under the value where one is stored. */
export const BASE: Code = [0x41, 0]
export const loadFloat = (address: number): Code => [...BASE, 0x2a, 2, ...unsigned(address)]
export const storeFloat = (address: number): Code => [0x38, 2, ...unsigned(address)]
export const loadFour = (address: number): Code => [...BASE, ...simd(0), 2, ...unsigned(address)]
export const storeFour = (address: number): Code => [...simd(0x0b), 2, ...unsigned(address)]
/** lane 0 from memory, the others 0 */
export const loadFirst = (address: number): Code => [...BASE, ...simd(0x5c), 2, ...unsigned(address)]
/** lane k from memory into the vector `lanes` */
export const loadLane = (address: number, lanes: Code, k: number): Code => [
  ...BASE,
  ...lanes,
  ...simd(0x56),
  2,
  ...unsigned(address),
  k,
]

export const get = (local: number): Code => [LOCAL_GET, ...unsigned(local)]
export const set = (local: number): Code => [LOCAL_SET, ...unsigned(local)]

/** A vector of items, each already encoded. */
export function vector(items: ArrayLike<number>[]): Code {
  const bytes = unsigned(items.length)
  for (const item of items) for (let i = 0; i < item.length; i++) bytes.push(item[i])
  return bytes
}

/** Bytes behind their count. */
export const counted = (bytes: Code): Code => unsigned(bytes.length).concat(bytes)

export const text = (name: string): Code => counted([...new TextEncoder().encode(name)])

export const section = (id: number, content: Code): Code => [id].concat(counted(content))

/** Body of a function. locals: count and type of each kind */
export const body = (locals: [number, number][], code: Code): Code =>
  counted(vector(locals.map(([count, type]) => [...unsigned(count), type])).concat(code, END))
