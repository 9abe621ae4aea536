/** The committed images of boards in QEMU, through a pseudo terminal and the real serialport package. Skipped where QEMU is not installed. */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { openStm32f405, qemuStm32f405 } from '../../../firmware-bridge/emulators/stm32f405.ts'
import type { BoardOptions } from '../../../firmware-bridge/host/board-options.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { encodeFrame, sealFrame } from '../../../firmware-bridge/host/frames.ts'
import type { Port, PortKind } from '../../../firmware-bridge/host/port.ts'
import { EMULATORS, listPorts, openPort } from '../../../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import {
  BEGIN,
  BENCH,
  COMMIT,
  DATA,
  END,
  HELLO,
  LOG,
  RESET,
} from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import {
  awkwardObservation,
  bits,
  contractFor,
  observationsFor,
  randomNetwork,
  uniform,
} from '../../support/networks.ts'
import { policyFile, withAlteredGolden } from '../../support/policies.ts'
import { describeWith } from '../../support/require.ts'

const images = new URL('../../../firmware-bridge/images/', import.meta.url)
const file = policyFile([17, 40, 30, 6], 1)
const opened: Board[] = []

/** On a busy machine a board in QEMU answers late. Here nothing is sent twice, so that what both ends count is exact. */
const patient: BoardOptions = { timeout: 60_000, patience: 60_000 }

async function connect(port: Promise<Port>, options?: BoardOptions): Promise<Board> {
  const board = await Board.connect(await port, options)
  opened.push(board)
  return board
}

/** Every board in QEMU; of each what only it says of itself, and where its image may not reach. */
const machines = EMULATORS.filter(({ name }) => name.startsWith('qemu-')) as (PortKind & { image: string })[]
const says: Record<string, { info: object; most: number }> = {
  stm32f405: { info: { name: 'stm32f405-qemu', programBytes: 4, eraseBytes: 4096 }, most: 0x20000 },
  'stm32f405-signed': { info: { name: 'stm32f405-qemu', programBytes: 4, eraseBytes: 4096 }, most: 0x20000 },
  riscv32: { info: { name: 'riscv32-qemu', programBytes: 4, eraseBytes: 0x40000 }, most: 0x40000 },
}
const cardOf = (image: string) => JSON.parse(readFileSync(new URL(`${image}.json`, images), 'utf8'))
const imageOf = (image: string) => readFileSync(new URL(`${image}.bin`, images))

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** Sparse rows of every length up to 40, with ReLU and without; dense layers whose rows and columns leave every rest by four. */
function everyRow(): Uint8Array[] {
  const files: Uint8Array[] = []
  for (const hidden of ['relu', 'none'] as const) {
    const network = randomNetwork([96, 82, 8], 1, { seed: 3, hidden })
    const [{ weights }] = network.layers
    for (let row = 0; row < 82; row++) {
      // the weights of a row spread over its columns
      for (let k = 0; k < 96; k++) if ((k * 35 + row) % 96 >= row % 41) weights[row * 96 + k] = 0
    }
    const bytes = encodePolicy(network, contractFor(network), observationsFor(network, 2))
    expect(decodePolicy(bytes, 'rows').layers.map(({ form }) => form)).toEqual(['grouped', 'dense'])
    files.push(bytes)
  }
  const sizes = [4, 5, 6, 7, 8, 6, 4, 7, 5, 9, 11, 10, 12, 3, 2, 1]
  const dense = randomNetwork(sizes, 1, { seed: 4 })
  files.push(encodePolicy(dense, contractFor(dense), observationsFor(dense, 2)))
  return files
}

describe.each(machines)('the committed image of $name', ({ image: name }) => {
  it('is the one that its card describes, and leaves the slots free', () => {
    const image = imageOf(name)
    const facts = cardOf(name)
    expect(createHash('sha256').update(image).digest('hex')).toBe(facts.sha256)
    expect(image.length).toBe(facts.bytes)
    expect(image.length).toBeLessThan(says[name].most)
  })
})

it('the STM32F405 starts through its vector table: stack in RAM, handlers in flash', () => {
  const image = imageOf('stm32f405')
  const [stack, reset] = [image.readUInt32LE(0), image.readUInt32LE(4)]
  expect(stack).toBe(0x20001000)
  expect(reset & 1).toBe(1)
  for (let i = 1; i < 98; i++) {
    const handler = image.readUInt32LE(4 * i)
    expect(handler >= 0x08000000 && handler < 0x08000000 + image.length, `vector ${i}`).toBe(true)
  }
})

describe.each(machines)('a machine without QEMU, asked for $name,', ({ name, missing, open }) => {
  it('says what to install, in the list of ports and on opening', async () => {
    const path = process.env.PATH
    process.env.PATH = '/nowhere'
    try {
      const needs = await missing()
      expect(needs).toMatch(
        /^qemu-system-\w+ \(Debian, Ubuntu: apt-get install qemu-system-\w+; macOS: brew install qemu\)$/,
      )
      expect((await listPorts()).find((port) => port.name === name)?.missing).toBe(needs)
      await expect(open(name)).rejects.toThrow(InputError)
      await expect(open(name)).rejects.toThrow(`${name}: cannot run here, expected ${needs}`)
    } finally {
      process.env.PATH = path
    }
  })
})

for (const { name, image, missing, open } of machines) {
  const needs = await missing()
  describeWith(needs ?? 'nothing', needs === undefined)(name, () =>
    everyMachine(name, image, (options) => connect(open(name), options)),
  )
}

function everyMachine(name: string, image: string, start: (options?: BoardOptions) => Promise<Board>): void {
  it('says what it is, instructions for cycles, and acts with the bits of the host', async () => {
    const board = await start(patient)
    const facts = cardOf(image)
    expect(board.info).toMatchObject({ ...says[image].info, clockHz: 1e9 })
    expect(board.info).toMatchObject({ imageBytes: facts.bytes, staticBytes: facts.staticRam })
    expect(board.info.firmware).toBe(crc32(imageOf(image)))
    expect(board.info.policy).toBeUndefined()

    let steps = 0
    // ordinary and awkward observations: NaN, infinities, subnormals
    for (const bytes of [file, ...everyRow()]) {
      await board.install(bytes)
      const policy = loadPolicy(bytes)
      const { observation: inputs, action: outputs } = policy.contract
      const [here, there] = [new Float32Array(outputs.names.length), new Float32Array(outputs.names.length)]
      for (let i = 0; i < 30; i++, steps++) {
        const observation = awkwardObservation(inputs.names.length, i, i < 15 ? 0 : 0.2)
        policy.stepInto(observation, here)
        await board.step(observation, there)
        expect(bits(there), `observation ${i}`).toEqual(bits(here))
      }
    }
    expect((await board.stats()).board).toMatchObject({ badCrc: 0, dropped: 0, overruns: 0, steps })
  })

  it('loses no byte of a line that is as fast as itself', async () => {
    const port = await openPort(name)
    const board = await Board.connect(port, patient)
    opened.push(board)
    const { board: before } = await board.stats()
    const requests = 200
    const hellos = Array.from({ length: requests }, (_, sequence) =>
      encodeFrame(sealFrame({ type: HELLO, status: 0, sequence, payload: new Uint8Array(4) }, 0)),
    )
    await new Promise((resolve) => port.duplex.write(Buffer.concat(hellos), resolve))
    const { board: after } = await board.stats()
    expect(after).toMatchObject({ badCrc: 0, dropped: 0, overruns: 0 })
    expect(after.frames - before.frames).toBe(requests + 1)
  })

  it('runs its policy on after a reset, takes another, refuses a wrong one', async () => {
    const board = await start()
    await board.install(file)
    await board.reset()
    expect(board.info.policy).toMatchObject({ bytes: file.length, generation: 1, slot: 0 })
    const next = policyFile([17, 30, 6], 2)
    await board.install(next)
    expect(board.info.policy).toMatchObject({ bytes: next.length, generation: 2, slot: 1 })
    await expect(board.install(withAlteredGolden(file))).rejects.toThrow(/golden/)
    expect(board.info.policy).toMatchObject({ bytes: next.length, generation: 2 })
    const { stackUsed, stackBytes } = await board.hello()
    expect(stackUsed).toBeGreaterThan(0)
    expect(stackUsed).toBeLessThan(stackBytes / 2)
  })

  it('withstands any bytes and any well-formed request: it does not restart, and its policy runs on', async () => {
    const port = await openPort(name)
    opened.push(await Board.connect(port))
    const [board] = opened
    await board.install(file)
    const { uptime } = await board.hello()
    const random = uniform(4)
    for (let i = 0; i < 60; i++) {
      const length = 600 * random() ** 3
      // one third with frame ends among them, the others sealed as requests are; a RESET would be obeyed
      const payload = Uint8Array.from({ length }, () => (random() < 0.03 ? END : 256 * random()))
      const type = [BEGIN, DATA, COMMIT, BENCH, LOG, Math.floor(256 * random())].filter((t) => t !== RESET)[i % 5]
      const sealed = sealFrame({ type, status: 0, sequence: i, payload }, 0)
      await new Promise((resolve) => port.duplex.write(i % 3 === 0 ? payload : encodeFrame(sealed), resolve))
    }
    const after = await board.hello()
    expect(after.uptime).toBeGreaterThanOrEqual(uptime)
    expect(after.policy).toMatchObject({ bytes: file.length, generation: 1 })
    expect((await board.stats()).board.badCrc).toBeGreaterThan(0)
    await board.step(new Float32Array(17), new Float32Array(6))
  })

  it('leaves no process behind: closed, or its host killed', async () => {
    const here = children(process.pid)
    const board = await start()
    expect(children(process.pid).length).toBeGreaterThan(here.length)
    await board.close()
    expect(children(process.pid)).toEqual(here)

    const script = `
      import { openPort } from ${JSON.stringify(new URL('../../../firmware-bridge/host/ports.ts', import.meta.url).href)}
      await openPort('${name}')
      console.log('open')
      setInterval(() => {}, 1000)`
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(host.stdout, 'data')
    const left = children(host.pid as number).flatMap((pid) => [pid, ...children(pid)])
    expect(left.length).toBeGreaterThan(1)
    host.kill('SIGKILL')
    for (let i = 0; i < 50 && left.some(lives); i++) await sleep(100)
    expect(left.filter(lives)).toEqual([])
  })
}

const needsArm = await qemuStm32f405.missing()
describeWith(needsArm ?? 'nothing', needsArm === undefined)('an STM32F405 in QEMU', () => {
  it('runs a policy too large for RAM from flash, where it was placed; another is refused, not lost', async () => {
    const large = randomNetwork([25, 256, 256, 1], 1)
    const dense = encodePolicy(large, contractFor(large), observationsFor(large, 2))
    const board = await connect(openStm32f405({ placed: dense }))
    expect(board.info.policy).toMatchObject({ bytes: dense.length, generation: 1, slot: 0 })
    await expect(board.install(file)).rejects.toThrow(FailedError)
    expect((await board.hello()).policy).toMatchObject({ bytes: dense.length })
    await expect(openStm32f405({ placed: new Uint8Array(0xc0000) })).rejects.toThrow(InputError)
  })
})

/** Processes that this one started. */
const children = (pid: number): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, state, command]) => Number(parent) === pid && !state.startsWith('Z') && command !== 'ps')
    .map(([child]) => Number(child))

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
