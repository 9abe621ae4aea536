/**
 * `npm run soak`: an hour and more of the device's time, a million control frames and more, over a bad line in both directions, with policy updates, power
 * cuts and resets in between. As one JSON object; fails at a wrong action, a hang, or memory that grows. Device, client and line are the real
 * ones; flash, line faults and clock are simulated: one clock for both ends, which moves on whenever nothing else happens.
 * `--minutes N` ends it after so much wall time (then `complete` is false), `--steps N` after so many control frames.
 * `--port NAME`: an emulated board, or a real one, in its own time, behind the same bad line; resets by request, no power cuts, fewer steps.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Board } from '../firmware-bridge/host/client.ts'
import { RefusedError } from '../firmware-bridge/host/refusal.ts'
import { FailedError } from '../runtime-as/errors.ts'
import { FAILSAFE } from '../runtime-as/kernel/assembly/device/protocol.ts'
import { loadPolicy } from '../runtime-as/kernel/policy.ts'
import { badLine } from '../test/support/bad-line.ts'
import { randomNetwork, uniform } from '../test/support/networks.ts'
import { quantisedFile } from '../test/support/quantised.ts'
import { boardTime, simulatedTime } from './soak-time.ts'

/** the line at its worst: part of the frames, part of the bytes, a stall of 200 ms now and then */
const FAULTS = { lost: 0.1, twice: 0.05, late: 0.03, flipped: 0.01, cut: 0.0005, inserted: 0.0005, stalled: 0.0002 }
/** the hour has 900,000 steps of 4 ms: more for the million; on a board that takes its own time, what some minutes hold */
const [STEPS, BOARD_STEPS] = [1_000_000, 10_000]
const PERIOD = 4
const HOUR = 3_600_000
/** steps between two updates, and resets; updates up to so many steps after a multiple of CUT lose their power */
const [UPDATE, RESET, CUT] = [20_000, 7000, 50_000]
const [BOARD_UPDATE, BOARD_RESET] = [1000, 700]

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

function numberOption(name: string, otherwise: number): number {
  const value = Number(option(name) ?? otherwise)
  if (!(value > 0)) throw new FailedError(`soak: ${name}: expected a number above 0`)
  return value
}

const name = option('--port')
const steps = numberOption('--steps', name === undefined ? STEPS : BOARD_STEPS)
const minutes = numberOption('--minutes', 15)
const [updateEvery, resetEvery] = name === undefined ? [UPDATE, RESET] : [BOARD_UPDATE, BOARD_RESET]
const wall = performance.now()
const spent = () => (performance.now() - wall) / 60_000

const time = name === undefined ? simulatedTime() : await boardTime(name)
const { timed, now } = time
const random = uniform(11)
const line = badLine(time.port, FAULTS, 7)

const network = (sizes: number[], seed: number) => randomNetwork(sizes, 0.2, { seed })
// one takes whatever comes; the others clamp, or refuse, what lies outside their bounds
const files = [
  quantisedFile(network([3, 12, 2], 1), 'f32'),
  quantisedFile(network([3, 16, 12, 2], 2), 'f32', 'tanh', 'clamp'),
  quantisedFile(network([3, 24, 2], 3), 'f32', 'tanh', 'refuse'),
]
const policies = files.map((file) => loadPolicy(file))
const [here, there] = [new Float32Array(2), new Float32Array(2)]
const bits = (x: Float32Array) => new BigUint64Array(x.buffer)[0]
const observation = new Float32Array(3)
const total = { steps: 0, updates: 0, resets: 0, powerCuts: 0, failsafes: 0, wrong: 0, slowestStepMs: 0 }
const counters = {
  frames: 0,
  badCrc: 0,
  dropped: 0,
  overruns: 0,
  repeats: 0,
  clampedObservations: 0,
  badObservations: 0,
}

/** milliseconds until a request is sent again: the simulated line takes none, an emulated one some */
const timeout = name === undefined ? 4 : 12
const patience = name === undefined ? 4000 : 60_000
const board = await timed(Board.connect(line, { timeout, patience, longPatience: patience, attempts: 50 }))

/** What the device counted since its last start: taken before it starts again. */
const counted = async () => (await timed(board.stats())).board

function gather(stats: Awaited<ReturnType<typeof counted>>): void {
  for (const key of Object.keys(counters) as (keyof typeof counters)[]) counters[key] += stats[key]
}

/** The next policy, at times with a power cut on its way. */
async function update(): Promise<void> {
  installed = (installed + 1) % files.length
  const install = () => board.install(files[installed])
  if (time.cutPower && total.steps % CUT < UPDATE) {
    const before = await counted()
    if (await time.cutPower(install, random)) {
      total.powerCuts++
      gather(before)
    }
  } else await timed(install())
  total.updates++
  await timed(board.watch(50))
}

async function restart(): Promise<void> {
  gather(await counted())
  await time.restart(board)
  total.resets++
  await timed(board.watch(50))
}

let installed = 0
await timed(board.install(files[0]))
await timed(board.watch(50))
const heaps: number[] = []
/** samples until everything has been used, and those that are compared */
const [SETTLED, FEW] = [20, 5]
let next = 0
for (; total.steps < steps && spent() < minutes; total.steps++) {
  if (total.steps >= next) {
    if (total.steps > 0) heaps.push(heap())
    next += steps / 200
  }
  if (total.steps % resetEvery === resetEvery - 1) await restart()
  if (total.steps % updateEvery === updateEvery - 1) await update()
  for (let k = 0; k < observation.length; k++) observation[k] = 4 * random() - 2
  const began = now()
  try {
    await timed(board.step(observation, there.fill(0)))
    policies[installed].stepInto(observation, here)
    if (bits(here) !== bits(there)) total.wrong++
  } catch (error) {
    if (!(error instanceof RefusedError && error.status === FAILSAFE)) throw error
    total.failsafes++
  }
  total.slowestStepMs = Math.max(total.slowestStepMs, now() - began)
  time.rest(began, PERIOD)
}
gather(await counted())
const { host } = await timed(board.stats())
const { uptime } = await timed(board.hello())
await timed(board.close())
const deviceMs = time.stop(uptime)

const complete = total.steps >= steps && (name !== undefined || steps < STEPS || deviceMs >= HOUR)
// what a run of minutes may differ by: compiled code, pools of the runtime
// the least of a few: what leaks stays in all of them, a buffer in flight does not
const least = (end: number) => Math.min(...heaps.slice(end - FEW, end))
const growth = heaps.length > SETTLED + FEW ? least(heaps.length) - least(SETTLED) : 0
const failed = [
  ...(total.wrong > 0 ? [`${total.wrong} wrong actions`] : []),
  ...(growth > 2 ** 21 ? [`memory grew by ${growth} bytes`] : []),
  ...(total.steps === 0 ? ['no step made'] : []),
]
console.log(
  JSON.stringify({
    port: time.port.name,
    complete,
    failed,
    deviceHours: deviceMs / HOUR,
    wallMinutes: spent(),
    ...total,
    line: { faults: FAULTS, board: counters, host },
    memory: { first: heaps[SETTLED - 1] ?? null, last: heaps[heaps.length - 1] ?? null, growth },
  }),
)
process.exitCode = failed.length > 0 ? 1 : 0
