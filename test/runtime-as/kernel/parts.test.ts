/** Modules with the device's parts and without: what the smallest firmware leaves out, and what it is no smaller in. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { openPicoEmulator } from '../../../firmware-bridge/emulators/pico.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { MODULES } from '../../../runtime-as/kernel/modules.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { bits, policyFile } from '../../support/policies.ts'

const file = policyFile([5, 20, 2], 2)
const repository = new URL('../../../', import.meta.url)
const bytesOf = (name: string) => readFileSync(new URL(`runtime-as/kernel/build/${name}.wasm`, repository)).length
const read = (path: string) => JSON.parse(readFileSync(new URL(path, repository), 'utf8'))
const opened: Board[] = []

async function connect(port: Port): Promise<Board> {
  const board = await Board.connect(port)
  opened.push(board)
  return board
}

afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

/** Installs a policy and steps through observations, of which one is not valid: the same bits as on the host. */
async function actsAsTheHost(board: Board): Promise<void> {
  await board.install(file)
  const policy = loadPolicy(file)
  const [here, there] = [new Float32Array(2), new Float32Array(2)]
  for (let i = 0; i < 20; i++) {
    const observation = Float32Array.from({ length: 5 }, (_, k) => (i === 9 ? Number.NaN : Math.sin(3 * i + k)))
    policy.stepInto(observation, here)
    await board.step(observation, there)
    expect(bits(there), `observation ${i}`).toEqual(bits(here))
  }
}

describe('the smallest module', () => {
  it('takes no more than 12,288 bytes, as the module did before it had sessions, keys and a scrub', () => {
    expect(bytesOf('small')).toBeLessThanOrEqual(12_288)
  })

  it.each(Object.keys(MODULES))(
    'and %s take what the table in the docs says, as modules and as the images of a Pico',
    (name) => {
      const { moduleBytes, imageBytes } = read('bench/results/parts.json')[name]
      const { bytes } = read(`firmware-bridge/images/${name === 'policy' ? 'rp2040' : `rp2040-${name}`}.json`)
      expect({ moduleBytes, imageBytes }).toEqual({ moduleBytes: bytesOf(name), imageBytes: bytes })
    },
  )

  it('is the smallest: each other has parts more', () => {
    const parts = (name: keyof typeof MODULES) => Object.values(MODULES[name]).filter(Boolean).length
    for (const name of ['policy', 'signed'] as const) {
      expect(parts(name)).toBeGreaterThan(parts('small'))
      expect(bytesOf(name)).toBeGreaterThan(bytesOf('small'))
    }
  })

  it('says what it is not, refuses a key, and looks at nothing while it runs', async () => {
    const port = openInProcess({ small: true })
    const board = await connect(port)
    expect(board.info).toMatchObject({ paired: false, scrubbed: false })
    expect(board.info.signatures).toBeUndefined()
    await expect(board.pair(new Uint8Array(32).fill(1))).rejects.toThrow('no place for a key')
    await board.install(file)
    for (let i = 0; i < 100; i++) port.board.poll()
    expect((await board.stats()).board).toMatchObject({ scrubs: 0, faults: 0, mended: 0 })
  })

  it('leaves policies more memory than the others', async () => {
    const [small, policy] = [await connect(openInProcess({ small: true })), await connect(openInProcess())]
    expect(small.info.workBytes).toBeGreaterThan(policy.info.workBytes + 400)
    expect(policy.info.scrubbed).toBe(true)
  })

  it('acts with the bits of the policy, in this process', async () => {
    await actsAsTheHost(await connect(openInProcess({ small: true })))
  })

  it('acts with the bits of the policy on a Pico, from its committed image', async () => {
    const image = readFileSync(new URL('firmware-bridge/images/rp2040-small.bin', repository))
    const board = await connect({ name: 'pico', ...(await openPicoEmulator({ image })) })
    expect(board.info).toMatchObject({ name: 'pico', scrubbed: false, imageBytes: image.length })
    await actsAsTheHost(board)
  })
})
