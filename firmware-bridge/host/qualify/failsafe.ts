import { FAILSAFE, FRESH_STEPS, LATCHED } from '../../../runtime-as/kernel/assembly/device/protocol.ts'
import { RefusedError } from '../refusal.ts'
import { type Bench, type Check, fail, pass, unchecked } from './check.ts'

/** milliseconds after which no board is waited for any longer */
const PATIENCE = 20_000
/** requests by which an emulator has to have come there whose time stands still between them */
const REQUESTS = 2000
/** periods by which a board with real time has: two, and as many again for a host that is late */
const PERIODS = 4

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
async function untilFailsafe({ board, policy }: Bench, before: number): Promise<boolean> {
  const begun = performance.now()
  const enough = PERIODS * 1000 * policy.contract.period
  for (let i = 0; ; i++) {
    const waited = performance.now() - begun
    // a fast board answers every request before its two periods are over
    if (waited > PATIENCE || (i >= REQUESTS && waited > enough)) return false
    if ((await board.stats()).board.failsafes > before) return true
  }
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
