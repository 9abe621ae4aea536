/**
 * What a key costs: core cycles of a STEP on the emulated Pico from the request's last byte to the answer's first, with and without one, bytes on the line, and
 * the rate that is left at 115200 baud; instructions of the tags on the emulated Cortex-M4F. One JSON object.
 */
import { readFileSync } from 'node:fs'
import { PicoMachine } from '../firmware-bridge/emulators/machine.ts'
import { openPicoEmulator } from '../firmware-bridge/emulators/pico.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder } from '../firmware-bridge/host/frames.ts'
import { BAUD } from '../firmware-bridge/host/serial.ts'
import { decodeSession, isGuarded, plain, Session } from '../firmware-bridge/host/session.ts'
import { openPolicy } from '../runtime-as/format/decode.ts'
import { HELLO, STEP } from '../runtime-as/kernel/assembly/device/protocol.ts'
import { countTags } from './chips/tags.ts'

const HZ = 125e6
const BITS = 10
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)
const STEPS = 20

/** The flash of a Pico with this policy, paired or not. */
async function flashWith(policy: Uint8Array, key: Uint8Array | undefined): Promise<Uint8Array> {
  const emulator = await openPicoEmulator()
  const board = await Board.connect({ name: 'pico-emulator', ...emulator })
  await board.install(policy)
  if (key) await board.pair(key)
  await board.close()
  return emulator.flash.slice()
}

/** Medians over steps with different observations. cycles: from the last byte in to the first byte out; milliseconds: of the whole exchange, line included */
function stepsOn(flash: Uint8Array, policy: Uint8Array, key: Uint8Array | undefined) {
  const { contract } = openPolicy(policy, 'policy')
  const frames: Uint8Array[] = []
  const decoder = new FrameDecoder((bytes) => bytes && frames.push(bytes))
  let [sent, first] = [0, 0]
  const machine: PicoMachine = new PicoMachine(flash, (byte) => {
    first ||= machine.cycles
    sent++
    decoder.write(Uint8Array.of(byte))
  })
  while (machine.run(1_000_000));
  const session = new Session(key)
  let hash = 0
  const ask = (type: number, payload: Uint8Array) => {
    const sealed = isGuarded(type)
      ? session.seal('pico', type, payload, hash)
      : plain({ type, status: 0, sequence: 1, payload }, 0)
    const request = encodeFrame(sealed.bytes)
    sent = first = frames.length = 0
    machine.receive(request)
    while (machine.waiting > 0) machine.run(1000)
    const last = machine.cycles
    while (machine.run(1_000_000));
    const answer = frames.map((bytes) => sealed.opens(bytes)).find((frame) => frame !== undefined)
    if (answer === undefined) throw new Error('the emulated Pico does not answer')
    const cycles = first - last
    return {
      answer,
      cycles,
      bytes: request.length + sent,
      milliseconds: 1000 * (cycles / HZ + (BITS * (request.length + sent)) / BAUD),
    }
  }
  const { answer } = ask(HELLO, new Uint8Array(4))
  session.enter(decodeSession(answer.payload))
  hash = new DataView(answer.payload.buffer, answer.payload.byteOffset).getUint32(24, true)
  const observations = contract.observation.names.length
  const steps = Array.from({ length: STEPS }, (_, i) =>
    ask(STEP, new Uint8Array(Float32Array.from({ length: observations }, (_, k) => Math.sin(i + k)).buffer)),
  )
  const median = (of: (step: (typeof steps)[0]) => number) => steps.map(of).sort((a, b) => a - b)[STEPS / 2]
  return { cycles: median((s) => s.cycles), bytes: median((s) => s.bytes), milliseconds: median((s) => s.milliseconds) }
}

const report: Record<string, object> = {}
for (const task of ['pendulum', 'hopper', 'ant']) {
  const policy = readFileSync(new URL(`../models/${task}/student.bpd`, import.meta.url))
  const without = stepsOn(await flashWith(policy, undefined), policy, undefined)
  const withKey = stepsOn(await flashWith(policy, KEY), policy, KEY)
  const { contract } = openPolicy(policy, task)
  const sizes = [contract.observation.names.length, contract.action.names.length]
  report[task] = {
    pico: {
      without,
      withKey,
      tagCycles: withKey.cycles - without.cycles,
      hertz: { without: Math.floor(1000 / without.milliseconds), withKey: Math.floor(1000 / withKey.milliseconds) },
    },
    cortexM4F: countTags(4 * sizes[0], 4 + 4 * sizes[1]),
  }
}
console.log(JSON.stringify(report, null, 2))
