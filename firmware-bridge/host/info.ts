/** What boards tell about themselves: the answers to HELLO and LOCK, decoded. */
import { crc32 } from 'node:zlib'
import { FailedError } from '../../runtime-as/errors.ts'
import * as protocol from '../../runtime-as/kernel/assembly/device/protocol.ts'

/** What a board says of itself. */
export interface BoardInfo {
  /** the board's own name */
  name: string
  /** version of the line protocol that the firmware speaks */
  protocol: number
  /** version of .bpd that the firmware reads */
  format: number
  /** CRC-32 of the firmware's image, 0: there is none */
  firmware: number
  /** frequency of the counter that `cycles` come from, in Hz */
  clockHz: number
  /** the largest payload of a frame, in bytes */
  maxPayload: number
  /** the largest file that a slot holds, in bytes */
  fileBytes: number
  /** the least that the chip's flash erases, in bytes */
  eraseBytes: number
  /** the least that the chip's flash writes, in bytes */
  programBytes: number
  /** RAM without stack, in bytes; 0: unknown, and so below */
  staticBytes: number
  /** RAM that policies work in, in bytes */
  workBytes: number
  /** flash of the firmware's image, in bytes */
  imageBytes: number
  /** RAM of the stack, in bytes */
  stackBytes: number
  /** the most of the stack ever used, in bytes */
  stackUsed: number
  /** whether the board has a key, without which it changes and moves nothing */
  paired: boolean
  /** whether it looks at what it runs, and at its own state, while it runs; false: its firmware is built without that */
  scrubbed: boolean
  /** whether the speed of its line can be set */
  lineSpeed: boolean
  /** milliseconds since the board started */
  uptime: number
  /** the last fault that the board found in itself since its start, in words; absent: none */
  fault?: string
  /** the failsafe action stands, until a fresh stream or, where it is latched, until it is released; absent: it does not */
  failsafe?: 'stands' | 'latched'
  /** what its firmware knows of signatures; absent: nothing, it takes any policy and none in a signed envelope */
  signatures?: {
    /** it runs policies of one key alone */
    locked: boolean
    /** that key is compiled into the firmware */
    builtIn: boolean
    /** the running policy is in an envelope, which was verified where the board is locked */
    policy: boolean
  }
  /** the policy that runs */
  policy?: RunningPolicy
}

/** What a board is locked to, and what its policy is signed with, as the board says. */
export interface Lock {
  /** absent: it is not locked. keyId: the key's name; counter: no policy below it is taken */
  lock?: { keyId: string; counter: number }
  /** of the running policy's envelope; absent: it is in none */
  policy?: { keyId: string; counter: number }
}

/** Throws FailedError for an answer of another length. */
export function decodeLock(payload: Uint8Array, port: string): Lock {
  if (payload.length !== protocol.LOCK_BYTES)
    throw new FailedError(`${port}: answered LOCK ${payload.length} bytes, expected ${protocol.LOCK_BYTES}`)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const at = (key: number, counter: number) => {
    const keyId = Buffer.from(payload.subarray(key, key + 8)).toString('hex')
    return /^0+$/.test(keyId) ? undefined : { keyId, counter: view.getUint32(counter, true) }
  }
  const lock = at(protocol.LOCK_KEY, protocol.LOCK_COUNTER)
  const policy = at(protocol.LOCK_POLICY_KEY, protocol.LOCK_POLICY_COUNTER)
  return { ...(lock && { lock }), ...(policy && { policy }) }
}

/** The policy that a board runs, as the board says. */
export interface RunningPolicy {
  slot: 0 | 1
  /** counts installations */
  generation: number
  /** false: a reset brings the last confirmed policy back, if there is one */
  confirmed: boolean
  /** length of the whole file */
  bytes: number
  /** CRC-32 of the whole file */
  crc: number
  /** CRC-32 of the contract without its provenance */
  contractHash: number
  /** how many numbers an observation has */
  observations: number
  /** how many numbers an action has */
  actions: number
  /** how many golden vectors the file has */
  goldens: number
  /** control period in seconds */
  period: number
}

const FAULTS: Record<number, string> = {
  [protocol.FAULT_FILE]: 'the policy was altered while it ran',
  [protocol.FAULT_BONES]: 'the policy was altered while it ran',
  [protocol.FAULT_ACTION]: 'an action was outside its bounds',
  [protocol.FAULT_START]: 'at start a policy did not pass its tests',
}

/** What an answer to HELLO may say; whoever divides, counts or waits by it relies on this. */
const LIMITS: Record<string, [low: number, high: number]> = {
  clockHz: [1, 0xffffffff],
  maxPayload: [8, protocol.MAX_PAYLOAD],
  programBytes: [1, protocol.MAX_CHUNK],
  eraseBytes: [1, 0x7fffffff],
  fileBytes: [1, 0x7fffffff],
  generation: [1, 0xffffffff],
  bytes: [1, 0x7fffffff],
  observations: [1, protocol.MAX_PAYLOAD / 4],
  actions: [1, protocol.MAX_PAYLOAD / 4 - 1],
  goldens: [1, 0xffff],
  period: [1e-6, 0xffffffff / 1e6],
}

/** Throws FailedError where the firmware speaks another protocol, or says of itself what cannot be. port: what the message calls the line */
export function decodeInfo(payload: Uint8Array, port: string): BoardInfo {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const version = payload.length > 0 ? view.getUint8(protocol.INFO_PROTOCOL) : 0
  if (version !== protocol.PROTOCOL) {
    const cure = version < protocol.PROTOCOL ? 'flash the firmware of this bpd' : 'a newer bpd speaks it'
    throw new FailedError(`${port}: the firmware speaks protocol ${version}, expected ${protocol.PROTOCOL}: ${cure}`)
  }
  if (payload.length !== protocol.INFO_BYTES) {
    throw new FailedError(`${port}: answered HELLO ${payload.length} bytes, expected ${protocol.INFO_BYTES}`)
  }
  const word = (at: number) => view.getUint32(at, true)
  const half = (at: number) => view.getUint16(at, true)
  const slot = view.getUint8(protocol.INFO_SLOT)
  const fault = view.getUint8(protocol.INFO_FAULT)
  const failsafe = view.getUint8(protocol.INFO_FAILSAFE)
  const info: BoardInfo = {
    name: nameIn(payload.subarray(protocol.INFO_NAME, protocol.INFO_NAME + 16), port),
    protocol: version,
    format: view.getUint8(protocol.INFO_FORMAT),
    firmware: word(protocol.INFO_FIRMWARE),
    clockHz: word(protocol.INFO_CLOCK_HZ),
    maxPayload: half(protocol.INFO_MAX_PAYLOAD),
    fileBytes: word(protocol.INFO_FILE_BYTES),
    eraseBytes: word(protocol.INFO_ERASE_BYTES),
    programBytes: word(protocol.INFO_PROGRAM_BYTES),
    staticBytes: word(protocol.INFO_STATIC_BYTES),
    workBytes: word(protocol.INFO_WORK_BYTES),
    imageBytes: word(protocol.INFO_IMAGE_BYTES),
    stackBytes: word(protocol.INFO_STACK_BYTES),
    stackUsed: word(protocol.INFO_STACK_USED),
    paired: (view.getUint8(protocol.INFO_KEYED) & protocol.KEYS_PAIRED) !== 0,
    scrubbed: view.getUint8(protocol.INFO_SCRUBBED) === 1,
    lineSpeed: view.getUint8(protocol.INFO_LINE) === 1,
    uptime: word(protocol.INFO_MILLIS),
    ...(failsafe > 0 && { failsafe: failsafe === 2 ? ('latched' as const) : ('stands' as const) }),
    ...(fault > 0 && { fault: FAULTS[fault] ?? `fault ${fault}` }),
  }
  const signs = view.getUint8(protocol.INFO_SIGNS)
  if (signs & protocol.SIGNS_KNOWN) {
    const has = (bit: number) => (signs & bit) !== 0
    info.signatures = {
      locked: has(protocol.SIGNS_LOCKED),
      builtIn: has(protocol.SIGNS_BUILT_IN),
      policy: has(protocol.SIGNS_POLICY),
    }
  }
  checkLimits(info, port)
  if (slot !== 0 && slot !== 1 && slot !== 255) {
    throw new FailedError(`${port}: HELLO says slot ${slot}, expected 0, 1 or 255`)
  }
  if (slot !== 255) {
    info.policy = {
      slot,
      confirmed: view.getUint8(protocol.INFO_CONFIRMED) === 1,
      generation: word(protocol.INFO_GENERATION),
      bytes: word(protocol.INFO_POLICY_BYTES),
      crc: word(protocol.INFO_POLICY_CRC),
      contractHash: word(protocol.INFO_CONTRACT),
      observations: half(protocol.INFO_OBSERVATIONS),
      actions: half(protocol.INFO_ACTIONS),
      goldens: half(protocol.INFO_GOLDENS),
      period: word(protocol.INFO_PERIOD) / 1e6,
    }
    checkLimits(info.policy, port)
  }
  return info
}

function checkLimits(said: object, port: string): void {
  for (const [field, value] of Object.entries(said)) {
    const limits = LIMITS[field]
    if (limits && !(value >= limits[0] && value <= limits[1])) {
      throw new FailedError(`${port}: HELLO says ${field} ${value}, expected ${limits[0]}..${limits[1]}`)
    }
  }
}

/** bytes: ASCII, padded with zeros */
function nameIn(bytes: Uint8Array, port: string): string {
  const name = String.fromCharCode(...bytes).replace(/\0+$/, '')
  if (/^[ -~]{1,16}$/.test(name)) return name
  throw new FailedError(
    `${port}: HELLO names the board '${name.replace(/[^ -~]/g, '?')}', expected 1 to 16 printable characters`,
  )
}

/** Whether the board runs exactly this file. crc: of the file */
export const runs = ({ policy }: BoardInfo, bytes: Uint8Array, crc = crc32(bytes)): boolean =>
  policy !== undefined && policy.bytes === bytes.length && policy.crc === crc
