import { FAILSAFE, FRESH_STEPS, LATCHED } from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { RefusedError } from '../refusal.ts'
import { type Bench, type Check, fail, pass, unchecked } from './check.ts'

/** milliseconds, and requests, until an emulator whose time stands still between requests has to have come there */
const PATIENCE = 20_000
const REQUESTS = 2000

/** How many observations are missing: 0 where the board acted. */
async function missing({ board, policy }: Bench): Promise<number> {
  const action = new Float32Array(policy.contract.action.names.length)
  try {
    await board.step(new Float32Array(policy.contract.observation.names.length), action)
    return 0
  } catch (error) {
    if (error instanceof RefusedError && error.status === FAILSAFE) return error.detail
    throw error
  }
}

/** Asks for nothing that matters until the failsafe stands: so an emulator's time passes too. */
async function untilFailsafe({ board }: Bench, before: number): Promise<boolean> {
  const end = performance.now() + PATIENCE
  for (let i = 0; i < REQUESTS && performance.now() < end; i++) {
    if ((await board.stats()).board.failsafes > before) return true
  }
  return false
}

export const watch: Check = {
  name: 'watch and latch',
  async run(bench) {
    const { board, policy } = bench
    if (policy.contract.period > 5) return unchecked(`a period of ${policy.contract.period} s is too long to wait for`)
    const before = (await board.stats()).board.failsafes
    await board.watch(2, { latch: true })
    try {
      if ((await missing(bench)) !== 0) return fail('refused a step that came in time')
      if (!(await untilFailsafe(bench, before))) return fail('no failsafe after two periods without an observation')
      if ((await missing(bench)) !== LATCHED) return fail('acted, or would act again by itself, though it is latched')
      const kept = await board.watch(0).then(
        () => false,
        (error) => error instanceof RefusedError,
      )
      if (!kept) return fail('a watch that releases nothing ended a latched failsafe')
    } finally {
      await board.watch(0, { release: true })
    }
    for (let left = FRESH_STEPS - 1; left >= 0; left--) {
      const said = await missing(bench)
      if (said !== left) return fail(`after the release ${said} observations were missing, expected ${left}`)
    }
    return pass('failsafe after two periods, latched until released, then a fresh stream of three observations')
  },
}
