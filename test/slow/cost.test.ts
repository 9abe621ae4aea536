import { describe, expect, it } from 'vitest'
import { picoEmulator } from '../../firmware-bridge/emulators/pico.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { inferenceCost } from '../../firmware-bridge/host/cost.ts'
import { policyFile } from '../support/policies.ts'

describe('what an inference costs on the emulated Pico', () => {
  it('is the median over the golden observations of the least cycles that the board counted', async () => {
    const policy = policyFile([4, 6, 2], 1)
    const board = await Board.connect(await picoEmulator.open(picoEmulator.name))
    await board.install(policy)
    const { goldens } = board.info.policy!
    const counts = [...(await board.bench(8 * goldens))]
    await board.close()
    const least = Array.from({ length: goldens }, (_, g) => Math.min(...counts.filter((_, i) => i % goldens === g)))
    const { count, p99, info } = (await inferenceCost(policy, picoEmulator))!
    expect(least).toContain(count)
    expect(least.filter((x) => x < count).length).toBeLessThanOrEqual(goldens / 2)
    expect(p99).toBeGreaterThanOrEqual(count)
    expect(info.policy?.bytes).toBe(policy.length)
  })

  it('is refused of a file that a slot of its flash does not hold', async () => {
    const large = policyFile([400, 400, 1], 1, { density: 0.9 })
    await expect(inferenceCost(large, picoEmulator)).rejects.toThrow(`policy: ${large.length} bytes, expected at most`)
  })
})
