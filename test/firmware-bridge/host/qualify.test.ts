/** Every verdict of `bpd qualify`, on a board or a line where it fails: none of them passes whatever comes. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type InProcessBoard,
  type InProcessOptions,
  inProcess,
  inProcessSigned,
  openInProcess,
} from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Bench, Finding } from '../../../firmware-bridge/host/qualify/check.ts'
import { CHECKS } from '../../../firmware-bridge/host/qualify/checks.ts'
import { looked, qualify } from '../../../firmware-bridge/host/qualify/qualify.ts'
import { serial } from '../../../firmware-bridge/host/serial.ts'
import { signPolicy } from '../../../firmware-bridge/host/signing.ts'
import { STACK, STACK_BYTES } from '../../../runtime-as/kernel/assembly/device/table.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { key, stranger } from '../../support/locked.ts'
import { policyFile, withPeriod } from '../../support/policies.ts'
import { stateOf } from '../../support/rot.ts'

const student = new Uint8Array(readFileSync('models/pendulum/student.bpd'))
const other = policyFile([3, 12, 1], 2)
const signed = signPolicy(student, key, 3)
/** where the table of the device's facts lies in its memory, and bytes there that no stack's paint has */
const [TABLE, UNPAINTED] = [64, 256]

const boards: Board[] = []
afterEach(async () => {
  for (const board of boards.splice(0)) await board.close()
})

interface Spoilt {
  /** what is wrong, as part of a sentence */
  with: string
  said: RegExp
  /** of the board */
  options?: InProcessOptions
  /** what runs on it, confirmed; default: the pendulum's student */
  runs?: Uint8Array
  /** what else the check works on */
  bench?: Partial<Bench>
  /** done to the board before the check */
  spoil?(device: InProcessBoard, board: Board): unknown
}

async function found(name: string, { options, runs = student, bench, spoil }: Spoilt): Promise<Finding> {
  const port = openInProcess(options)
  const board = await Board.connect(port)
  boards.push(board)
  await board.install(runs)
  await spoil?.(port.board, board)
  const policy = loadPolicy(runs)
  const check = CHECKS.find((each) => each.name === name)!
  const all = { board, port, kind: inProcess, policy, bytes: runs, observations: 100, onProgress() {}, ...bench }
  return await looked(check, all)
}

const counting = (step: number) => {
  let now = 0
  return () => {
    now += step
    return now >>> 0
  }
}
/** near the wrap of milliseconds, and then far behind it */
const jumping = () => {
  const began = performance.now()
  return () => {
    const passed = performance.now() - began
    return (passed < 1000 ? passed - 1000 : passed + 60_000) >>> 0
  }
}

const SIGNED: Pick<Spoilt, 'options' | 'runs'> = { options: { signed: true }, runs: signed }
const altered = signed.slice()
altered[altered.length - 1] ^= 1

const failing: Record<string, Spoilt[]> = {
  identity: [
    {
      with: 'firmware that is of no image',
      bench: { kind: serial },
      said: /firmware 00000000 is none of this package's/,
    },
    {
      with: 'a fault that it has found in itself',
      said: /a fault in itself since its start: the policy was altered while it ran; reset it, and run this again/,
      spoil(device) {
        device.flash.bytes[700] ^= 1
        for (let i = 0; i < 100; i++) device.poll()
      },
    },
  ],
  signature: [
    { with: 'a policy that is not signed', bench: { signedBy: key }, said: /not signed, expected a policy signed by/ },
    {
      with: 'one signed by another key',
      ...SIGNED,
      bench: { signedBy: stranger },
      said: /signed by key \w+, expected/,
    },
    {
      with: 'a signature that was altered',
      options: { signed: true },
      runs: altered,
      bench: { signedBy: key },
      said: /its signature is not that of key/,
    },
    {
      with: 'no lock, where one is expected',
      ...SIGNED,
      bench: { signedBy: key },
      said: /the board is not locked: it takes any policy, expected it locked to/,
    },
    {
      with: 'another policy than the file',
      options: { signed: true },
      bench: { bytes: signed },
      said: /counter 3 in the file, but the board says: none/,
    },
  ],
  'self-test': [
    {
      with: 'the policy on trial',
      said: /does not run the policy confirmed/,
      runs: other,
      bench: { bytes: student },
      spoil: (_, board) => board.install(student, undefined, { confirm: false }),
    },
  ],
  parity: [
    {
      with: 'other actions than the host has',
      bench: { policy: loadPolicy(other) },
      said: /^observation 0: action 0 is 0x\w+ on the board, 0x\w+ on the host/,
    },
  ],
  inference: [
    {
      with: 'an inference of 40 ms',
      options: { cycles: counting(40e6) },
      said: /: 40 ms of a period of 50 ms, expected at most half of it/,
    },
  ],
  deadlines: [
    {
      with: 'bytes that take longer than a period on a real line',
      runs: withPeriod(student, 0.002),
      bench: { kind: { ...inProcess, image: 'rp2040' } },
      said: /^not of real time: a step takes at least 3\.\d+ ms on a real board, of 4\d bytes at 115,200 baud and/,
    },
  ],
  'watch and latch': [
    { with: 'a clock that stands', options: { millis: () => 1000 }, said: /no failsafe after two periods/ },
  ],
  'bad inputs': [
    {
      with: 'a line that keeps noise away from it',
      said: /bytes that are no frame were not counted/,
      bench: { port: { ...openInProcess(), name: 'another board' } },
    },
    {
      with: 'other actions on them than the host has',
      bench: { policy: loadPolicy(other) },
      said: /^number 0 is \S+: action 0 is/,
    },
  ],
  counters: [
    {
      with: 'a bit of its state that was mended',
      said: /^1 mended since its start; reset it, and run this again$/,
      spoil(device) {
        new Uint8Array(device.memory.buffer)[stateOf(device).from + 90] ^= 1
        for (let i = 0; i < 1000; i++) device.poll()
      },
    },
  ],
  reset: [
    {
      with: 'flash that it loses in a reset',
      said: /^after a reset the board runs another policy, or none/,
      spoil(device) {
        const powerOn = device.powerOn.bind(device)
        device.powerOn = () => {
          device.flash.bytes.fill(0xff)
          powerOn()
        }
      },
    },
  ],
  'power cut': [
    {
      with: 'flash that does not outlive the power',
      said: /^cut at 2 % of an update, the board runs another policy, or none/,
      bench: { kind: { ...inProcess, open: async () => openInProcess() } },
    },
  ],
  'timer wraps': [
    {
      with: 'a clock that jumps where it wraps',
      said: /its failsafe action stands/,
      bench: { kind: { ...inProcess, openNearWrap: async () => openInProcess({ millis: jumping() }) } },
    },
    {
      with: 'a clock that does not come to its wrap',
      said: /was not near its wrap/,
      bench: { kind: { ...inProcess, openNearWrap: async () => openInProcess() } },
    },
  ],
  memory: [
    {
      with: 'a stack that was used to its end',
      said: /^stack 64 of 64 B: less than a quarter is left/,
      async spoil(device, board) {
        const table = new DataView(device.memory.buffer, TABLE)
        table.setUint32(STACK, UNPAINTED, true)
        table.setUint32(STACK_BYTES, 64, true)
        await board.reset()
      },
    },
  ],
}

describe('the verdict of bpd qualify', () => {
  it('fails somewhere, whichever it is', () => {
    expect(Object.keys(failing)).toEqual(CHECKS.map(({ name }) => name))
  })

  const cases = Object.entries(failing).flatMap(([name, all]) => all.map((one) => [name, one.with, one] as const))
  it.each(cases)('of %s fails with %s', async (name, _, spoilt) => {
    const { verdict, said } = await found(name, spoilt)
    expect(said).toMatch(spoilt.said)
    expect(verdict).toBe('fail')
  })

  it('is none while a failsafe of before is latched: one line says what ends it', async () => {
    let now = 0
    const port = openInProcess({ millis: () => now })
    const board = await Board.connect(port)
    boards.push(board)
    await board.install(student)
    await board.watch(1, { latch: true })
    now += 10_000
    await board.hello()
    const policy = loadPolicy(student)
    const given = { board, port, kind: inProcess, policy, bytes: student, observations: 100, onProgress() {} }
    await expect(qualify(given, () => {})).rejects.toThrow(
      'in-process: a failsafe of before is latched, and stands until it is released ("bpd boards --port in-process --release")',
    )
  })

  it('of counters says of the smallest firmware what it does not see', async () => {
    const small = { with: 'nothing', said: /^/, options: { small: true } }
    expect(await found('counters', small)).toMatchObject({
      verdict: 'pass',
      said: 'no overrun, no fault, nothing mended; its firmware sees a flipped bit in what runs only at the next start',
    })
  })

  it('of signature passes a board that is locked to the key that signed', async () => {
    const spoil = (_: InProcessBoard, board: Board) => board.lock(key.publicKey)
    const locked: Spoilt = {
      ...SIGNED,
      with: 'nothing',
      said: /^/,
      bench: { kind: inProcessSigned, signedBy: key },
      spoil,
    }
    expect(await found('signature', locked)).toMatchObject({
      verdict: 'pass',
      said: `by key ${key.id}, counter 3; the board is locked to key ${key.id}`,
    })
    const power = await found('power cut', locked)
    expect(power).toMatchObject({ verdict: 'pass' })
  })
})
