import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { openPicoEmulator, type PicoEmulatorOptions } from '../../../firmware-bridge/emulators/pico.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
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

const images = new URL('../../../firmware-bridge/images/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, images))
const opened: Board[] = []

async function connect(options?: PicoEmulatorOptions) {
  const emulator = await openPicoEmulator(options)
  const board = await Board.connect({ name: 'pico-emulator', ...emulator })
  opened.push(board)
  return { board, emulator }
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** Steps the policy here and on the board; the observations for which their bits differ. */
async function differences(board: Board, file: Uint8Array, observations: Float32Array[]): Promise<Float32Array[]> {
  const policy = loadPolicy(file)
  const { actions } = board.info.policy!
  const [here, there] = [new Float32Array(actions), new Float32Array(actions)]
  const wrong: Float32Array[] = []
  for (const observation of observations) {
    policy.stepInto(observation, here)
    await board.step(observation, there)
    if (bits(here).join() !== bits(there).join()) wrong.push(observation)
  }
  return wrong
}

describe('the committed image', () => {
  const image = read('rp2040.bin')
  const facts = JSON.parse(read('rp2040.json').toString())

  it('is the one that its card describes', () => {
    expect(createHash('sha256').update(image).digest('hex')).toBe(facts.sha256)
    expect(image.length).toBe(facts.bytes)
    expect(facts.compiler).toMatch(/gcc/)
  })

  it('is what the UF2 file puts into the flash of a real Pico', () => {
    const uf2 = read('rp2040.uf2')
    const blocks = uf2.length / 512
    const flash = Buffer.alloc(256 * blocks)
    for (let i = 0; i < blocks; i++) {
      const block = uf2.subarray(i * 512, (i + 1) * 512)
      const words = Array.from({ length: 8 }, (_, k) => block.readUInt32LE(4 * k))
      const address = 0x10000000 + 256 * i
      expect(words).toEqual([0x0a324655, 0x9e5d5157, 0x2000, address, 256, i, blocks, 0xe48bff56])
      expect(block.readUInt32LE(508)).toBe(0x0ab16f30)
      block.copy(flash, 256 * i, 32, 288)
    }
    expect(flash.subarray(0, image.length).equals(image)).toBe(true)
    expect(blocks).toBe(Math.ceil(image.length / 256))
  })

  it('boots on an emulated Pico and says what it is', async () => {
    const { board } = await connect()
    expect(board.info).toMatchObject({ name: 'pico', clockHz: 125_000_000, programBytes: 256 })
    expect(board.info).toMatchObject({ imageBytes: facts.bytes, staticBytes: facts.staticRam })
    expect(board.info.fileBytes).toBeGreaterThan(320 * 1024)
    expect(board.info.policy).toBeUndefined()
  })
})

describe('a policy on the emulated Pico', () => {
  const file = policyFile([17, 40, 30, 6], 1)

  it('acts with the bits of the host on ordinary and on awkward observations', async () => {
    const { board } = await connect()
    await board.install(file)
    const observations = Array.from({ length: 150 }, (_, i) => awkwardObservation(17, i, i < 100 ? 0 : 0.2))
    expect(await differences(board, file, observations)).toEqual([])
    const { board: counters } = await board.stats()
    expect(counters).toMatchObject({ badCrc: 0, dropped: 0, overruns: 0, steps: 150 })
  })

  it('rounds every multiplication and addition as the host does: subnormals, ties, cancellation, overflow', async () => {
    const { board } = await connect()
    for (const seed of [1, 2, 3]) {
      const awkward = awkwardPolicy(seed)
      await board.install(awkward)
      const random = uniform(seed + 100)
      const observations = Array.from({ length: 60 }, (_, i) =>
        Float32Array.of(i % 4 === 0 ? CANCELLING : i % 4 === 1 ? 4 * random() - 2 : anyNumber(random)),
      )
      expect(await differences(board, awkward, observations)).toEqual([])
    }
  })

  it('runs on after a reset, and when the board is switched on again', async () => {
    const { board, emulator } = await connect()
    await board.install(file)
    await board.reset()
    const running = board.info.policy
    expect(running).toMatchObject({ bytes: file.length, generation: 1 })
    const again = await connect({ flash: emulator.flash })
    expect(again.board.info.policy).toEqual(running)
  })

  it('is still the old one after the power went during an installation', async () => {
    const { board, emulator } = await connect()
    await board.install(file)
    const running = board.info.policy
    let cut: Uint8Array | undefined
    await board.install(policyFile([17, 60, 60, 6], 2), (sent, total) => {
      if (sent > total / 2) cut ??= emulator.flash.slice()
    })
    const again = await connect({ flash: cut })
    expect(again.board.info.policy).toEqual(running)
  })

  it('is refused if the board computes a golden action otherwise', async () => {
    const { board } = await connect()
    await expect(board.install(withAlteredGolden(file))).rejects.toThrow(/golden/)
    expect(board.info.policy).toBeUndefined()
  })

  it('never needs more than the stack it has', async () => {
    const { board } = await connect()
    await board.install(file)
    await board.bench(3)
    const { stackUsed, stackBytes } = await board.hello()
    expect(stackUsed).toBeGreaterThan(0)
    expect(stackUsed!).toBeLessThan(stackBytes / 2)
  })
})

/** Any finite number: every exponent alike, significands with few bits more often than chance. */
function anyNumber(random: () => number): number {
  const exponent = Math.floor(random() * 254)
  const shift = random() < 0.5 ? Math.floor(random() * 23) : 0
  const significand = (Math.floor(random() * 2 ** 23) >> shift) << shift
  const word = Uint32Array.of(((random() < 0.5 ? 1 : 0) << 31) | (exponent << 23) | significand)
  return new Float32Array(word.buffer)[0]
}

/** the observation at which a third of the sums of `awkwardPolicy` nearly vanish */
const CANCELLING = 1.7

/** One input, 100 outputs: each action is one multiplication of any number and one addition of another, near the product or not. */
function awkwardPolicy(seed: number): Uint8Array {
  const random = uniform(seed)
  const network = randomNetwork([1, 100], 1, { squash: 'clip' })
  const [{ weights, bias }] = network.layers
  for (let i = 0; i < 100; i++) {
    weights[i] = anyNumber(random)
    const product = Math.fround(weights[i] * Math.fround(CANCELLING))
    const near = -product * (1 + Math.floor(8 * random()) * 2 ** -23)
    const close = weights[i] * 2 ** Math.floor(50 * random() - 25)
    const number = [near, close, anyNumber(random)][i % 3]
    bias[i] = Number.isFinite(Math.fround(number)) ? number : 0
  }
  const contract = contractFor(network, 'clip')
  contract.action.low.fill(-3.4028234663852886e38)
  contract.action.high.fill(3.4028234663852886e38)
  contract.action.failsafe.fill(0)
  return encodePolicy(network, contract, observationsFor(network, 2))
}
