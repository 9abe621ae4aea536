import { requireSame } from '../control.ts'
import { type Check, fail, pass } from './check.ts'
import { observations } from './observations.ts'

export const parity: Check = {
  name: 'parity',
  async run({ board, policy, observations: count, onProgress }) {
    const { observation, action } = policy.contract
    const [there, here] = [new Float32Array(action.names.length), new Float32Array(action.names.length)]
    let i = 0
    for (const one of observations(count, observation.names.length)) {
      await board.step(one, there)
      policy.stepInto(one, here)
      requireSame(there, here, `observation ${i}`)
      if (++i % 50 === 0) onProgress(i / count)
    }
    return pass(`${count.toLocaleString('en-US')} observations, every action equal to this host's, bit for bit`, {
      observations: count,
    })
  },
}

/** Observations that no policy should get, and bytes that are no frame. */
export const badInputs: Check = {
  name: 'bad inputs',
  async run({ board, policy, port }) {
    const { observation, action } = policy.contract
    const [there, here] = [new Float32Array(action.names.length), new Float32Array(action.names.length)]
    const before = (await board.stats()).board
    let bad = 0
    for (const value of [Number.NaN, Infinity, -Infinity, 3.4e38]) {
      for (let k = 0; k < observation.names.length; k++) {
        const one = new Float32Array(observation.names.length)
        one[k] = value
        await board.step(one, there)
        policy.stepInto(one, here)
        requireSame(there, here, `number ${k} is ${value}`)
        if (!Number.isFinite(value)) bad++
      }
    }
    for (const garbage of [[0xdb, 0xc0], Array(2000).fill(0x55), [0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xc0]]) {
      port.duplex.write(Uint8Array.from(garbage))
      await board.stats()
    }
    const after = (await board.stats()).board
    const noticed = after.badObservations - before.badObservations
    const noise = after.badCrc + after.dropped - before.badCrc - before.dropped
    const figures = { bad, noticed, noise }
    // where the contract clamps observations, infinities become its bounds
    if (noticed === 0 && after.clampedObservations === before.clampedObservations) {
      return fail(`${bad} observations with NaN or infinities, and none was counted`, figures)
    }
    if (noise === 0) return fail('bytes that are no frame were not counted', figures)
    return pass(
      `NaN, infinities and huge numbers in each place: actions as on this host; ${noise} pieces of noise dropped`,
      figures,
    )
  },
}
