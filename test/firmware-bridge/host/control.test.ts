import { afterEach, describe, expect, it } from 'vitest'
import { plantOf } from '../../../cli/plant.ts'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { drive } from '../../../firmware-bridge/host/control.ts'
import { runs } from '../../../firmware-bridge/host/info.ts'
import { compare, ensureRuns, measure, spreadOf } from '../../../firmware-bridge/host/measure.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { episodeReturns } from '../../../trainer/tasks/evaluate.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { contractOf } from '../../../trainer/teachers/teacher.ts'
import { observationsFor, randomNetwork } from '../../support/networks.ts'

const contract = contractOf(new Pendulum().spec, 'tanh', {})
/** A policy for the pendulum. alter: bits to flip in the bias of the action */
function pendulumFile(width: number, density: number, { seed = 1, alter = 0 } = {}): Uint8Array {
  const network = randomNetwork([3, width, 1], density, { seed })
  const { bias } = network.layers[1]
  new Uint32Array(bias.buffer)[0] ^= alter
  return encodePolicy(network, contract, observationsFor(network, 4))
}
const student = pendulumFile(12, 0.5)
const teacher = pendulumFile(128, 1)

const opened: Board[] = []
async function connect(options = {}): Promise<Board> {
  const board = await Board.connect(openInProcess(options))
  opened.push(board)
  return board
}
afterEach(async () => {
  for (const board of opened.splice(0)) await board.close()
})

describe('a plant driven through a board', () => {
  it('gets the returns that the same policy gets on the host, to the last bit', async () => {
    const board = await connect()
    await board.install(student)
    const host = loadPolicy(student)
    const seen: number[] = []
    const options = { episodes: 2, host, onEpisode: (_: number, value: number) => seen.push(value) }
    const control = await drive(board, plantOf(new Pendulum(), 3), options)
    const direct = episodeReturns(new Pendulum(), (x, y) => host.stepInto(x, y), 3, 'report', 2)
    expect(control.returns).toEqual(direct)
    expect(seen).toEqual([...direct])
    expect(control).toMatchObject({
      steps: 400,
      comparedActions: 400,
      cycles: { count: 400 },
      roundTrip: { count: 400 },
    })
  })

  it('stops at the first action that differs by one bit, and says where', async () => {
    const board = await connect()
    await board.install(student)
    const host = loadPolicy(pendulumFile(12, 0.5, { alter: 1 << 12 }))
    const driven = drive(board, plantOf(new Pendulum(), 3), { episodes: 1, host })
    await expect(driven).rejects.toThrow(FailedError)
    await expect(driven).rejects.toThrow(
      /^in-process: episode 0, step \d+: action 0 is 0x[0-9a-f]{8} on the board, 0x[0-9a-f]{8} on the host$/,
    )
  })

  it('compares nothing without a policy on the host, and says so', async () => {
    const board = await connect()
    await board.install(student)
    const control = await drive(board, plantOf(new Pendulum(), 3), { episodes: 1 })
    expect(control).toMatchObject({ steps: 200, comparedActions: 0 })
  })

  it('ends an episode where the plant terminates', async () => {
    const board = await connect()
    await board.install(student)
    let steps = 0
    const plant = {
      observation: Float64Array.of(1, 0, 0),
      maxSteps: 50,
      get terminated() {
        return steps === 7
      },
      reset: () => {
        steps = 0
      },
      step: () => ++steps,
    }
    const control = await drive(board, plant, { episodes: 3 })
    expect(control).toMatchObject({ steps: 21, returns: Float64Array.of(28, 28, 28) })
  })

  it.each([0, -1, 1.5, Number.NaN])('is refused for %d episodes', async (episodes) => {
    const board = await connect()
    await board.install(student)
    const driven = drive(board, plantOf(new Pendulum(), 3), { episodes })
    await expect(driven).rejects.toThrow(InputError)
    await expect(driven).rejects.toThrow(`episodes: ${episodes}, expected a whole number, 1 or more`)
  })

  it('needs a policy on the board', async () => {
    const driven = drive(await connect(), plantOf(new Pendulum(), 3), { episodes: 1 })
    await expect(driven).rejects.toThrow('in-process: the board runs no policy')
  })
})

describe('measuring', () => {
  it('sums up by nearest rank: every figure is one of the sample', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(spreadOf(hundred)).toEqual({ min: 1, median: 50, p99: 99, max: 100, jitter: 99, count: 100 })
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, p99: 7, max: 7, jitter: 0, count: 1 })
    expect(spreadOf([10, 9, 2])).toEqual({ min: 2, median: 9, p99: 10, max: 10, jitter: 8, count: 3 })
  })

  it('counts what the board counts', async () => {
    let now = 0
    // read before and after each inference: 25 counts apart
    const board = await connect({ cycles: () => (now += 25) })
    expect(await measure(board, student, 40)).toEqual({ min: 25, median: 25, p99: 25, max: 25, jitter: 0, count: 40 })
  })

  it('installs what the board does not run, and only that', async () => {
    const board = await connect()
    expect(runs(board.info, student)).toBe(false)
    expect(await ensureRuns(board, student)).toBe(true)
    expect(runs(board.info, student)).toBe(true)
    expect(await ensureRuns(board, student)).toBe(false)
    expect(board.info.policy?.generation).toBe(1)
    expect(await ensureRuns(board, pendulumFile(12, 0.5, { seed: 2 }))).toBe(true)
    expect(board.info.policy?.generation).toBe(2)
  })

  it('a policy that already runs can be stepped: its contract is known', async () => {
    const board = await connect()
    await ensureRuns(board, student)
    board.expect(undefined)
    await ensureRuns(board, student)
    await board.step([1, 0, 0], new Float32Array(1))
  })

  it('compares teacher and student and leaves the student on the board', async () => {
    const board = await connect()
    const sent: string[] = []
    const result = await compare(board, teacher, student, 20, (which) => sent.push(which))
    expect(new Set(sent)).toEqual(new Set(['teacher', 'student']))
    expect(result.teacherCycles.count).toBe(20)
    expect(result.studentCycles.count).toBe(20)
    expect(result.speedup).toBe(result.teacherCycles.median / result.studentCycles.median)
    expect(runs(result.info, student)).toBe(true)
  })
})
