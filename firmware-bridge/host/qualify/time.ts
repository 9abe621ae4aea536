import { setTimeout as sleep } from 'node:timers/promises'
import { patienceOf } from '../board-options.ts'
import { Board } from '../client.ts'
import { requireSame } from '../control.ts'
import { spreadOf } from '../measure.ts'
import { driveRealTime } from '../realtime.ts'
import { BAUD } from '../serial.ts'
import { type Bench, type Check, type Finding, fail, pass, unchecked } from './check.ts'
import { observations } from './observations.ts'

const INFERENCES = 500
/** seconds at the contract's rate */
const SECONDS = 5

const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`

export const latency: Check = {
  name: 'inference',
  async run({ board, kind, policy }) {
    const cycles = spreadOf(await board.bench(INFERENCES))
    const { clockHz } = board.info
    const said = `${cycles.median} ${kind.cyclesAreTime ? 'cycles' : 'counts'}, ${cycles.min} to ${cycles.max}, p99 ${cycles.p99}`
    if (!kind.cyclesAreTime) return pass(`${said}: ${kind.counter}`, { cycles })
    const share = cycles.p99 / clockHz / policy.contract.period
    const of = `${milliseconds((1000 * cycles.p99) / clockHz)} of a period of ${milliseconds(1000 * policy.contract.period)}`
    return share > 0.5
      ? fail(`${said}: ${of}, expected at most half of it`, { cycles, share })
      : pass(`${said}: ${of}`, { cycles, share })
  },
}

/** steps whose bytes are counted, and bits of a byte on the line */
const COUNTED = 20
const BITS = 10

/** What no real board of this kind could keep: the time of a step's bytes on the line, and of its inference where cycles are time. */
async function byBytes({ board, port, kind, policy }: Bench): Promise<Finding> {
  const { period, observation, action } = policy.contract
  const [numbersIn, numbersOut] = [observation.names.length, action.names.length]
  const there = new Float32Array(numbersOut)
  let heard = 0
  const hear = (bytes: Uint8Array) => {
    heard += bytes.length
  }
  port.duplex.on('data', hear)
  for (const one of observations(COUNTED, numbersIn)) await board.step(one, there)
  port.duplex.off('data', hear)
  // a request has its observation where the answer has cycles and action
  const bytes = Math.round((2 * heard) / COUNTED + 4 * (numbersIn - numbersOut - 1))
  const cycles = kind.cyclesAreTime ? spreadOf(await board.bench(INFERENCES)).median : 0
  const stepMs = 1000 * ((BITS * bytes) / BAUD + cycles / board.info.clockHz)
  const said =
    `not of real time: a step takes at least ${milliseconds(stepMs)} on a real board, ` +
    `of ${bytes} bytes at ${BAUD.toLocaleString('en-US')} baud${cycles > 0 ? ' and the inference' : ''}; ` +
    `its period is ${milliseconds(1000 * period)}`
  const figures = { stepMs, bytes }
  return stepMs > 1000 * period
    ? fail(`${said}: it needs a faster line (docs/rates.md), or a longer period`, figures)
    : pass(said, figures)
}

/** At the contract's rate, whole seconds of it. */
export const deadlines: Check = {
  name: 'deadlines',
  async run(bench) {
    const { board, kind, policy } = bench
    if (!kind.realTime && kind.image !== undefined) return byBytes(bench)
    if (!kind.realTime) return unchecked('no verdict of real time here: this port keeps none, a real board does')
    const { period, observation } = policy.contract
    const steps = Math.max(20, Math.round(SECONDS / period))
    const stream = observations(steps + 1, observation.names.length)
    const plant = {
      observation: new Float32Array(observation.names.length),
      terminated: false,
      maxSteps: steps,
      reset() {},
      step() {
        plant.observation.set(stream.next().value ?? [])
        return 0
      },
    }
    const { misses, jitter, roundTrip } = await driveRealTime(board, plant, {
      episodes: 1,
      hz: 1 / period,
      host: policy,
    })
    const figures = { steps, misses, jitterMs: jitter, roundTripMs: roundTrip }
    const said =
      `${misses} of ${steps} missed; round trip ${milliseconds(roundTrip.median)}, p99 ${milliseconds(roundTrip.p99)}; ` +
      `jitter p99 ${milliseconds(jitter.p99)}`
    return misses > 0 ? fail(said, figures) : pass(said, figures)
  },
}

/** most steps until the clocks have wrapped, how many come after that, and how often it is asked */
const WRAP_STEPS = 3000
const AFTER_WRAP = 100
const ASK = 50

/** On a board whose clocks wrap while it is looked at. */
export const wraps: Check = {
  name: 'timer wraps',
  async run({ kind, policy, bytes }) {
    if (kind.openNearWrap === undefined)
      return unchecked("this port's clocks cannot be set: they wrap after 34 s, 71 minutes and 49 days")
    const board = await Board.connect(await kind.openNearWrap(), patienceOf(kind))
    try {
      await board.install(bytes)
      // a clock that has wrapped begins anew
      const hasWrapped = () => board.info.uptime < 2 ** 31
      if (hasWrapped()) return fail('the clock was not near its wrap, expected it to be')
      await board.watch(250)
      const { observation, action } = policy.contract
      const [there, here] = [new Float32Array(action.names.length), new Float32Array(action.names.length)]
      let [most, steps, left] = [0, 0, WRAP_STEPS]
      for (const one of observations(WRAP_STEPS, observation.names.length)) {
        if (left-- === 0) break
        most = Math.max(most, await board.step(one, there))
        policy.stepInto(one, here)
        requireSame(there, here, 'over the wrap')
        await sleep(1)
        steps++
        if (left <= AFTER_WRAP || steps % ASK !== 0) continue
        await board.hello()
        if (hasWrapped()) left = AFTER_WRAP
      }
      await board.hello()
      const { failsafes } = (await board.stats()).board
      if (!hasWrapped()) return fail('the clock did not wrap, expected it to')
      if (failsafes > 0) return fail(`${failsafes} failsafes while observations came in time`)
      if (most > board.info.clockHz) return fail(`an inference is said to have taken ${most} cycles`)
      return pass(`milliseconds and cycles wrapped within ${steps} steps: no failsafe, no action and no time amiss`)
    } finally {
      await board.close()
    }
  },
}
