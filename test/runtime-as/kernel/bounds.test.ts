/** Bounds of the observations: what becomes of a number outside them, the same in every form of a policy. */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { InputError } from '../../../runtime-as/errors.ts'
import { generateOnnx } from '../../../runtime-as/exports/onnx.ts'
import { readProgram } from '../../../runtime-as/exports/program.ts'
import { contractHash } from '../../../runtime-as/format/contract.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { NETWORK_VALUES, OUTSIDE, type Outside } from '../../../runtime-as/format/network.ts'
import * as layout from '../../../runtime-as/kernel/assembly/layout.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { referenceForward } from '../../../runtime-as/kernel/reference.ts'
import { cActions, hasGcc, observationsOf, selfTest, wasmActions } from '../../support/generated.ts'
import { bits, bounded, randomNetwork } from '../../support/networks.ts'
import { quantisedFile } from '../../support/quantised.ts'
import { describeWith } from '../../support/require.ts'
import { resealed, tinyContract, tinyFile } from '../../support/tiny.ts'

const opened: Board[] = []
afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

async function boardWith(file: Uint8Array, millis = () => 0): Promise<Board> {
  const board = await Board.connect(openInProcess({ slotBytes: 65536, millis }))
  opened.push(board)
  await board.install(file)
  return board
}

/** Bits of the action for each observation, and how many were clamped and refused. */
function hostActions(file: Uint8Array, observations: Float32Array[]) {
  const policy = loadPolicy(file)
  const actions = observations.map((observation) => {
    const action = new Float32Array(policy.contract.action.names.length)
    policy.stepInto(observation, action)
    return bits(action)
  })
  return { actions, ...policy.outside }
}

describe('an observation outside its bounds', () => {
  it('gives the same bits and counts in the reference, the kernel, the device and the generated module', async () => {
    const width = fc.integer({ min: 1, max: 20 })
    const seen = { clamped: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(width, { minLength: 2, maxLength: 4 }),
        fc.constantFrom(...NETWORK_VALUES),
        fc.constantFrom<Outside>(...OUTSIDE),
        fc.nat(1000),
        async (sizes, values, outside, seed) => {
          const file = quantisedFile(randomNetwork(sizes, 0.6, { seed }), values, 'tanh', outside)
          const observations = observationsOf(sizes[0], seed)
          const decoded = decodePolicy(file)
          const host = hostActions(file, observations)
          expect(observations.map((x) => bits(referenceForward(decoded, x)))).toEqual(host.actions)
          const board = await boardWith(file)
          for (const [i, observation] of observations.entries()) {
            const action = new Float32Array(decoded.contract.action.names.length)
            await board.step(observation, action)
            expect(bits(action)).toEqual(host.actions[i])
          }
          expect((await board.stats()).board).toMatchObject({
            clampedObservations: host.clamped,
            badObservations: host.refused,
          })
          if (values !== 'int8-fixed') expect(wasmActions(readProgram(file), observations)).toEqual(host.actions)
          seen.clamped += host.clamped
          seen.refused += host.refused
        },
      ),
      { numRuns: 60, seed: 6 },
    )
    expect(seen.clamped).toBeGreaterThan(20)
    expect(seen.refused).toBeGreaterThan(100)
  })

  describeWith('gcc', hasGcc)('in the generated C', () => {
    it.each(OUTSIDE)('are kept, too: %s', (outside) => {
      const file = quantisedFile(randomNetwork([9, 20, 3], 0.5), 'f32', 'tanh', outside)
      const observations = [3, 4, 5].flatMap((seed) => observationsOf(9, seed))
      expect(cActions(file, observations, ['-std=c99', '-O2'])).toEqual(hostActions(file, observations).actions)
      expect(
        selfTest(
          file,
          decodePolicy(file).goldens.map(({ observation }) => observation),
        ),
      ).toBe(0)
    })
  })

  const within = [0.25, 0.5, -0.25, 0.5]
  const clampFile = tinyFile(bounded(tinyContract, 'clamp'), within)
  const refuseFile = tinyFile(bounded(tinyContract, 'refuse'), within)
  const [failsafe] = tinyContract.action.failsafe

  it('is limited where the contract says clamp, and refused where it says refuse; NaN is refused by both', () => {
    const act = (file: Uint8Array, observation: number[]) => hostActions(file, [Float32Array.from(observation)])
    const limit = act(clampFile, [0.25, 0.5, 0.75, 1])
    expect(act(clampFile, [0.25, 7, Infinity, 1e30])).toEqual({ ...limit, clamped: 1 })
    const safe = { actions: [bits(Float32Array.of(failsafe))], clamped: 0, refused: 1 }
    expect(act(refuseFile, [0.25, 7, 0, 0])).toEqual(safe)
    expect(act(clampFile, [9, Number.NaN, 0, 0])).toEqual(safe)
    expect(act(refuseFile, [0, Number.NaN, 0, 0])).toEqual(safe)
    expect(act(refuseFile, within)).toEqual(act(tinyFile(), within))
  })

  it('is not changed in the caller’s memory', () => {
    const observation = Float32Array.of(9, 9, -9, 9)
    loadPolicy(clampFile).stepInto(observation, new Float32Array(1))
    expect([...observation]).toEqual([9, 9, -9, 9])
  })

  it('keeps a watch content if it was clamped, and is none to it if it was refused', async () => {
    for (const [file, failsafes] of [
      [clampFile, 0],
      [refuseFile, 1],
    ] as const) {
      let now = 0
      const board = await boardWith(file, () => now)
      await board.watch(2)
      for (let i = 0; i < 2; i++) {
        now += 60
        await board.step([9, 9, 9, 9], new Float32Array(1)).catch(() => {})
      }
      now += 60
      expect((await board.stats()).board.failsafes).toBe(failsafes)
    }
  })
})

describe('bounds of observations in a contract', () => {
  const contract = bounded(tinyContract, 'refuse')
  const golden = [0, 0, 0, 0]

  it('come back from the file, and make another contract of it', () => {
    const { contract: read, contractHash: hash } = decodePolicy(tinyFile(contract, golden))
    expect(read).toEqual(contract)
    expect(hash).toBe(contractHash(contract))
    const hashes = [tinyContract, contract, bounded(tinyContract, 'clamp')].map(contractHash)
    expect(new Set(hashes).size).toBe(3)
  })

  it.each([
    ['low: missing', { low: undefined }],
    ['outside: missing', { outside: undefined }],
    ['low: expected 4 finite numbers, one an observation', { low: [0, 0, 0] }],
    ['high: expected 4 finite numbers, one an observation', { high: [1, 1, 1, 1, 1] }],
    ['high: expected 4 finite numbers, one an observation', { high: [1, Number.NaN, 1, 1] }],
    ['low: expected 4 finite numbers, one an observation', { low: [-Infinity, 0, 0, 0] }],
    ['low: expected 4 finite numbers, one an observation', { low: 'all' }],
    ["outside: expected 'clamp' or 'refuse'", { outside: 'wrap' }],
    ["expected low <= high for 'b'", { low: [0, 2, 0, 0] }],
  ])('are refused by name: %s', (message, change) => {
    const observation: Record<string, unknown> = { ...contract.observation, ...change }
    for (const [key, value] of Object.entries(change)) if (value === undefined) delete observation[key]
    const encode = () => tinyFile({ ...contract, observation } as never, golden)
    expect(encode).toThrow(InputError)
    expect(encode).toThrow(message)
  })

  it('hold for golden observations, which are refused outside them', () => {
    expect(() => tinyFile(contract, [0, 2, 0, 0])).toThrow('policy: golden[0][1]: 2, expected -1.5..0.5')
    const file = tinyFile(contract, golden)
    const at = layout.CORE + new DataView(file.buffer).getUint32(layout.CORE + layout.GOLDEN, true)
    new DataView(file.buffer).setFloat32(at + 4, 2, true)
    expect(() => decodePolicy(resealed(file), 'x.bpd')).toThrow('x.bpd: golden[0][1]: 2, expected -1.5..0.5')
  })

  it('must be those of the core, to the sign of a zero', () => {
    const file = tinyFile(contract, golden)
    const view = new DataView(file.buffer)
    const low = layout.CORE + view.getUint32(layout.CORE + layout.BOUNDS, true) + 12
    view.setFloat32(low, -2, true)
    expect(() => loadPolicy(resealed(file), 'x.bpd')).toThrow(
      'contract.observation.low: -1, expected -2 as in the core',
    )
    view.setFloat32(low, -1, true)
    view.setUint8(layout.CORE + layout.OUTSIDE, layout.CLAMP)
    expect(() => loadPolicy(resealed(file), 'x.bpd')).toThrow(/contract.observation.outside .*: 2, expected 1/)
    const zeros = { ...contract, observation: { ...contract.observation, low: golden } }
    const zero = tinyFile(zeros, golden)
    new DataView(zero.buffer).setFloat32(low, -0, true)
    expect(() => loadPolicy(resealed(zero), 'x.bpd')).toThrow('contract.observation.low')
  })

  it('go to ONNX where they clamp, and are refused there in one line where they refuse', () => {
    const network = randomNetwork([3, 4, 1], 1)
    const program = (outside: Outside) => readProgram(quantisedFile(network, 'f32', 'tanh', outside))
    expect(Buffer.from(generateOnnx(program('clamp'))).toString('latin1')).toContain('observation_high')
    expect(() => generateOnnx(program('refuse'), 'p.bpd')).toThrow(
      "p.bpd: contract.observation.outside: 'refuse', expected 'clamp' or no bounds for ONNX",
    )
  })

  it('leave files without them as they are', () => {
    const network = randomNetwork([3, 4, 1], 1)
    const file = quantisedFile(network, 'f32')
    expect(file[layout.CORE + layout.OUTSIDE]).toBe(0)
    const { contract: read, goldens } = decodePolicy(file)
    expect(Object.keys(read.observation)).toEqual(['names'])
    expect(
      encodePolicy(
        decodePolicy(file).network,
        read,
        goldens.map((golden) => golden.observation),
      ),
    ).toEqual(file)
  })
})
