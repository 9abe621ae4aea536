/** STEPs of an emulated Pico with a key and without: their cycles, their bytes and their time. */
import { PicoMachine } from '../firmware-bridge/emulators/machine.ts'
import { openPicoEmulator } from '../firmware-bridge/emulators/pico.ts'
import { Board } from '../firmware-bridge/host/client.ts'
import { encodeFrame, FrameDecoder } from '../firmware-bridge/host/frames.ts'
import { BAUD } from '../firmware-bridge/host/serial.ts'
import { decodeSession, isGuarded, plain, Session } from '../firmware-bridge/host/session.ts'
import { openPolicy } from '../runtime-as/format/decode.ts'
import { HELLO, STEP } from '../runtime-as/kernel/assembly/device/protocol.ts'

const HZ = 125e6
const BITS = 10
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)
const STEPS = 20

/** The flash of a Pico with this policy, paired or not. */
export async function flashWith(policy: Uint8Array, key: Uint8Array | undefined): Promise<Uint8Array> {
  const emulator = await openPicoEmulator()
  const board = await Board.connect({ name: 'pico-emulator', ...emulator })
  await board.install(policy)
  if (key) await board.pair(key)
  await board.close()
  return emulator.flash.slice()
}

/** Medians over steps with different observations. cycles: from the last byte in to the first byte out; milliseconds: of the whole exchange, line included */
export function stepsOn(flash: Uint8Array, policy: Uint8Array, key: Uint8Array | undefined) {
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
