/**
 * `npm run soak`: an hour and more of the device's time, a million control frames and more, over a bad line in both directions, with policy updates, power
 * cuts and resets in between. As one JSON object; fails at a wrong action, a hang, or memory that grows. Device, client and line are the real
 * ones; flash, line faults and clock are simulated: one clock for both ends, which moves on whenever nothing else happens.
 * `--minutes N` ends it after so much wall time (then `complete` is false), `--steps N` after so many control frames.
 */
import { mock } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Board } from '../firmware-bridge/client.ts'
import { openInProcess } from '../firmware-bridge/inprocess.ts'
import { RefusedError } from '../firmware-bridge/refusal.ts'
import { FAILSAFE } from '../runtime-as/assembly/device/protocol.ts'
import { FailedError } from '../runtime-as/errors.ts'
import { loadPolicy } from '../runtime-as/policy.ts'
import { badLine } from '../test/firmware-bridge/bad-line.ts'
import { policyFile } from '../test/firmware-bridge/policies.ts'
import { uniform } from '../test/runtime-as/networks.ts'

/** the line at its worst: part of the frames, part of the bytes, a stall of 200 ms now and then */
const FAULTS = { lost: 0.1, twice: 0.05, late: 0.03, flipped: 0.01, cut: 0.0005, inserted: 0.0005, stalled: 0.0002 }
/** the hour has 900,000 steps of 4 ms: more for the million */
const STEPS = 1_000_000
const PERIOD = 4
const HOUR = 3_600_000
/** steps between two updates, resets, and power cuts */
const [UPDATE, RESET, CUT] = [20_000, 7000, 50_000]
/** milliseconds of the device's time within which everything must be done */
const HANG = 120_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name)
  const value = at < 0 ? otherwise : Number(process.argv[at + 1])
  if (!(value > 0)) throw new FailedError(`soak: ${name}: expected a number above 0`)
  return value
}

const steps = option('--steps', STEPS)
const minutes = option('--minutes', 15)
const wall = performance.now()
const spent = () => (performance.now() - wall) / 60_000

let now = 0
const port = openInProcess({
  slotBytes: 16384,
  programBytes: 4,
  eraseBytes: 4096,
  millis: () => now,
  cycles: () => now,
})
const random = uniform(11)
const line = badLine(port, FAULTS, 7)
mock.timers.enable({ apis: ['setTimeout'] })

/** Runs `work` to its end. Time moves on, a millisecond at a time, whenever neither end has anything left to do. */
async function timed<T>(work: Promise<T>): Promise<T> {
  let settled = false
  const done = () => {
    settled = true
  }
  work.then(done, done)
  const began = now
  for (;;) {
    await new Promise(setImmediate)
    if (settled) return await work
    await new Promise(setImmediate)
    if (settled) return await work
    wait(1)
    if (now - began > HANG) throw new FailedError(`soak: hangs at ${now} ms of the device's time`)
  }
}
function wait(milliseconds: number): void {
  for (let i = 0; i < milliseconds; i++) {
    now++
    mock.timers.tick(1)
    if (port.board.powered) port.board.poll()
  }
}

const files = [policyFile([3, 12, 2], 1), policyFile([3, 16, 12, 2], 2), policyFile([3, 24, 2], 3)]
const policies = files.map((file) => loadPolicy(file))
const [here, there] = [new Float32Array(2), new Float32Array(2)]
const bits = (x: Float32Array) => new BigUint64Array(x.buffer)[0]
const observation = new Float32Array(3)
const total = { steps: 0, updates: 0, resets: 0, powerCuts: 0, failsafes: 0, wrong: 0, slowestStepMs: 0 }
const lineCounters = { frames: 0, badCrc: 0, dropped: 0, overruns: 0, repeats: 0 }

const board = await timed(Board.connect(line, { timeout: 4, patience: 4000, longPatience: 4000, attempts: 50 }))

/** What the device counted since its last start, before it starts again. */
async function gather(): Promise<void> {
  const stats = await timed(board.stats())
  for (const key of Object.keys(lineCounters) as (keyof typeof lineCounters)[]) lineCounters[key] += stats.board[key]
}

/** Power goes in one of the next flash operations of an update, and comes back. */
async function cutPower(file: Uint8Array): Promise<void> {
  const { flash } = port.board
  flash.cutAt = flash.operations + Math.floor(random() * 120)
  flash.torn = random
  const update = board.install(file)
  update.catch(() => {})
  for (let i = 0; i < 20_000 && port.board.powered && flash.operations <= flash.cutAt; i++) {
    await new Promise(setImmediate)
    wait(1)
  }
  flash.cutAt = -1
  if (!port.board.powered) {
    total.powerCuts++
    port.board.powerOn()
  }
  await timed(update)
}

let installed = 0
await timed(board.install(files[0]))
await timed(board.watch(50))
const heaps: number[] = []
let next = 0
for (; total.steps < steps && spent() < minutes; total.steps++) {
  if (total.steps >= next) {
    // the first is taken once everything has been used
    if (total.steps > 0) heaps.push(heap())
    next += steps / 20
  }
  if (total.steps % RESET === RESET - 1) {
    await gather()
    port.board.powerOn()
    total.resets++
    await timed(board.hello())
    await timed(board.watch(50))
  }
  if (total.steps % UPDATE === UPDATE - 1) {
    await gather()
    installed = (installed + 1) % files.length
    if (total.steps % CUT < UPDATE) await cutPower(files[installed])
    else await timed(board.install(files[installed]))
    total.updates++
    await timed(board.watch(50))
  }
  for (let k = 0; k < observation.length; k++) observation[k] = 4 * random() - 2
  const began = now
  try {
    await timed(board.step(observation, there.fill(0)))
    policies[installed].stepInto(observation, here)
    if (bits(here) !== bits(there)) total.wrong++
  } catch (error) {
    if (!(error instanceof RefusedError && error.status === FAILSAFE)) throw error
    total.failsafes++
  }
  total.slowestStepMs = Math.max(total.slowestStepMs, now - began)
  wait(Math.max(0, PERIOD - (now - began)))
}
await gather()
const { host } = await timed(board.stats())
await timed(board.close())
mock.timers.reset()

const complete = total.steps >= steps && (steps < STEPS || now >= HOUR)
// what a run of minutes may differ by: compiled code, pools of the runtime
const growth = heaps.length > 2 ? heaps[heaps.length - 1] - heaps[1] : 0
const failed = [
  ...(total.wrong > 0 ? [`${total.wrong} wrong actions`] : []),
  ...(growth > 2 ** 21 ? [`memory grew by ${growth} bytes`] : []),
  ...(total.steps === 0 ? ['no step made'] : []),
]
console.log(
  JSON.stringify({
    ...{ complete, failed, deviceHours: now / HOUR, wallMinutes: spent() },
    ...total,
    line: { faults: FAULTS, board: lineCounters, host },
    memory: { first: heaps[1] ?? null, last: heaps[heaps.length - 1] ?? null, growth },
  }),
)
process.exitCode = failed.length > 0 ? 1 : 0
