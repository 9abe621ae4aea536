import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { collect } from '../../../trainer/data/collect.ts'
import { columnsOf } from '../../../trainer/data/columns.ts'
import { doubtsOf } from '../../../trainer/data/doubts.ts'
import { readTransitions, transitionsOf, writeTransitions } from '../../../trainer/data/transitions.ts'
import { crcOf } from '../../../trainer/files/seal.ts'
import { Pendulum } from '../../../trainer/tasks/pendulum.ts'
import { writeSafetensors } from '../../../trainer/teachers/safetensors.ts'
import { expectFlipsRefused } from '../../support/checkpoints.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-transitions-'))
afterAll(() => rmSync(folder, { recursive: true }))

const swing = (observation: ArrayLike<number>, action: Float32Array) => {
  action[0] = Math.max(-2, Math.min(2, observation[2]))
}
const columns = columnsOf(3, 1)
const episodes = (transitions: number, seed = 1, sigmas = [0, 0.3]) => [
  ...collect(new Pendulum(), swing, { transitions, sigmas, seed }),
]
const write = async (name: string, rows: Float32Array[] = episodes(450)) => {
  const path = join(folder, name)
  await writeTransitions(path, new Pendulum().spec, rows, { seed: '1' })
  return path
}

describe('collecting', () => {
  it('gives exactly the number asked for, the last episode cut', () => {
    expect(episodes(450).map((rows) => rows.length / columns.width)).toEqual([200, 200, 50])
  })

  it('is the same for the same seed and another for another', () => {
    expect(episodes(450, 1)).toEqual(episodes(450, 1))
    expect(episodes(450, 2)).not.toEqual(episodes(450, 1))
  })

  it('keeps executed and clean action apart, both within the bounds, and adds noise in some episodes only', () => {
    const noisy = episodes(4000).map((rows) => {
      let differ = 0
      for (let at = 0; at < rows.length; at += columns.width) {
        const [executed, clean] = [rows[at + columns.action], rows[at + columns.teacherAction]]
        expect(Math.max(Math.abs(executed), Math.abs(clean))).toBeLessThanOrEqual(2)
        if (executed !== clean) differ++
      }
      return differ > 0
    })
    expect(new Set(noisy)).toEqual(new Set([true, false]))
  })

  it('chains: each next observation is the following observation, and only the 200th step is a timeout', () => {
    const [rows] = episodes(200)
    for (let step = 0; step < 200; step++) {
      const at = step * columns.width
      expect(rows[at + columns.terminal]).toBe(0)
      expect(rows[at + columns.timeout]).toBe(step === 199 ? 1 : 0)
      if (step === 199) continue
      expect(rows.slice(at + columns.next, at + columns.next + 3)).toEqual(
        rows.slice(at + columns.width, at + columns.width + 3),
      )
    }
  })
})

describe('doubts about transitions', () => {
  const doubtsIn = (rows: Float32Array, wanted = 10) => doubtsOf(transitionsOf(rows, 3, 1), wanted)

  it('are none about those of a task', () => {
    expect(doubtsIn(episodes(200)[0])).toEqual([])
  })

  it('are that there are fewer than are taken at once', () => {
    expect(doubtsIn(episodes(1)[0], 64)).toEqual(['only 1 transitions, fewer than the 64 taken at once'])
  })

  it('are numbers that go over many orders of magnitude', () => {
    const rows = episodes(200)[0]
    for (let row = 0; row < 200; row++) rows[row * columns.width + 1] = 10 ** ((row % 13) - 6)
    expect(doubtsIn(rows)).toEqual([expect.stringMatching(/^observation 1: over many orders of magnitude: /)])
  })
})

describe('transitions in memory', () => {
  it.each<[what: string, rows: unknown, actionSize: number, message: string]>([
    ['half a row', new Float32Array(16), 1, 'rows: 16 in a Float32Array, expected 1 or more rows of 11 numbers'],
    ['no row', new Float32Array(0), 1, 'rows: 0 in a Float32Array, expected 1 or more rows of 11 numbers'],
    ['f64', new Float64Array(11), 1, 'rows: 11 in a Float64Array, expected 1 or more rows of 11 numbers'],
    ['NaN', new Float32Array(22).fill(Number.NaN, 13, 14), 1, 'rows: transition 1, column 2: expected a finite number'],
    ['no actions', new Float32Array(9), 0, 'actionSize: 0, expected a whole number from 1 to 4096'],
  ])('are not made of %s', (_, rows, actionSize, message) => {
    const making = () => transitionsOf(rows as Float32Array, 3, actionSize)
    expect(making).toThrow(InputError)
    expect(making).toThrow(message)
  })
})

describe('a transitions file', () => {
  const { spec } = new Pendulum()

  it('holds what was collected', async () => {
    const transitions = readTransitions(await write('good'), spec)
    const { count, metadata } = transitions
    expect(count).toBe(450)
    expect(transitions.read(0, count)).toEqual(Float32Array.from(episodes(450).flatMap((e) => [...e])))
    expect(metadata).toMatchObject({ format: 'bpd-transitions-2', task: 'pendulum', episodes: '3', seed: '1' })
  })

  /** A file of the first format, whatever its rows are. */
  const writeOld = (name: string, values: Float32Array, crc = crcOf(values)): string => {
    const shape = [values.length / columns.width, columns.width]
    const metadata = { format: 'bpd-transitions-1', task: 'pendulum', crc32: `${crc}` }
    const tensors = new Map([['transitions', { dtype: 'F32' as const, shape, values }]])
    writeFileSync(join(folder, name), writeSafetensors({ tensors, metadata }))
    return join(folder, name)
  }

  it('of the first format is read as it was, its data under a checksum and its metadata not', async () => {
    const rows = readTransitions(await write('v2'), spec)
    const values = Float32Array.from(rows.read(0, rows.count))
    const { count, crc32, read } = readTransitions(writeOld('v1', values), spec)
    expect([count, crc32, read(0, count)]).toEqual([450, rows.crc32, values])
    writeOld('v1', values, rows.crc32 + 1)
    expect(() => readTransitions(join(folder, 'v1'), spec)).toThrow('the data does not match crc32 in its metadata')
  })

  it('with any bit flipped, metadata included, is refused, or is what it was', async () => {
    const good = readFileSync(await write('flips', episodes(3)))
    const path = join(folder, 'flipped')
    const load = () => {
      const { read, count, ...facts } = readTransitions(path, spec)
      return { ...facts, rows: [...read(0, count)] }
    }
    expectFlipsRefused(good, path, load, 500)
  }, 120_000)

  it.each<[what: string, column: number, value: number, message: string]>([
    ['an action of a million', columns.action, 1e6, 'action "torque [N m]" 1000000, expected -2 to 2'],
    ["a teacher's action in another unit", columns.teacherAction, -115, 'action "torque [N m]" -115, expected -2 to 2'],
    ['terminal 7', columns.terminal, 7, 'terminal 7, expected 0 or 1'],
    ['half a timeout', columns.timeout, 0.5, 'timeout 0.5, expected 0 or 1'],
    ['no number', columns.next, Number.NaN, 'expected a finite number'],
    ['an infinite reward', columns.reward, Infinity, 'expected a finite number'],
  ])('with %s is refused by transition and column', async (_, column, value, message) => {
    const rows = episodes(200)[0]
    rows[7 * columns.width + column] = value
    const both = [episodes(200, 2)[0], rows]
    const path = writeOld('impossible', Float32Array.from(both.flatMap((episode) => [...episode])))
    expect(() => readTransitions(path, spec)).toThrow(InputError)
    expect(() => readTransitions(path, spec)).toThrow(`${path}: transition 207, column ${column}: ${message}`)
    // nor is it written
    const said = `${join(folder, 'never')}: episode 1: transition 207, column ${column}: ${message}`
    await expect(write('never', both)).rejects.toThrow(new InputError(said))
  })

  it.each<[what: string, rows: unknown, message: string]>([
    ['half a row', new Float32Array(16), 'episode 0: 16 in a Float32Array, expected 1 or more rows of 11 numbers'],
    ['a plain list', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'episode 0: a list, expected 1 or more rows of 11 numbers'],
    ['f64', new Float64Array(11), 'episode 0: 11 in a Float64Array, expected 1 or more rows of 11 numbers'],
  ])('is not written of %s, and a good one stays', async (_, rows, message) => {
    const path = await write('stays', episodes(3))
    const good = readFileSync(path)
    await expect(write('stays', [rows as Float32Array])).rejects.toThrow(`${path}: ${message} in a Float32Array`)
    expect(readFileSync(path)).toEqual(good)
  })

  it('is not written with metadata that are no texts', async () => {
    const metadata = { seed: 1 } as unknown as Record<string, string>
    const writing = writeTransitions(join(folder, 'never'), spec, episodes(3), metadata)
    await expect(writing).rejects.toThrow(
      new InputError(`${join(folder, 'never')}: metadata: seed: 1, expected a text`),
    )
  })

  it('with actions a little outside of their bounds, as a real log may have them, is read', async () => {
    const rows = episodes(200)[0]
    rows[columns.action] = 2.3
    expect(readTransitions(await write('beyond', [rows]), spec).count).toBe(200)
  })

  it('altered by one bit, cut short or foreign is refused by name', async () => {
    const good = readFileSync(await write('bits'))
    const path = join(folder, 'bad')
    const refused = (bytes: Uint8Array, message: string) => {
      writeFileSync(path, bytes)
      expect(() => readTransitions(path, spec)).toThrow(message)
    }
    const altered = Buffer.from(good)
    altered[good.length - 20] ^= 1
    refused(altered, `${path}: altered`)
    refused(good.subarray(0, good.length - 1), 'cut short')
    refused(Buffer.from('not a file of ours at all'), `${path}: a text file, expected transitions`)
    refused(
      readFileSync(new URL('../../../models/pendulum/teacher.safetensors', import.meta.url)),
      'a teacher, expected transitions',
    )
    expect(() => readTransitions(join(folder, 'absent'), spec)).toThrow('cannot be read (ENOENT)')
  })

  it('that was closed is read no more, and closing it again closes no other file', async () => {
    const transitions = readTransitions(await write('closed', episodes(3)), spec)
    transitions.close()
    // which has its descriptor now
    const other = openSync(join(folder, 'closed'), 'r')
    try {
      transitions.close()
      expect(fstatSync(other).isFile()).toBe(true)
      const message = `${join(folder, 'closed')}: closed, expected to be read before`
      expect(() => transitions.read(0, 1)).toThrow(new InputError(message))
    } finally {
      closeSync(other)
    }
  })

  it('of another task is refused', async () => {
    expect(() => readTransitions(join(folder, 'good'), { ...spec, name: 'hopper' })).toThrow(
      'metadata task: "pendulum"',
    )
  })

  it('appears whole or not at all: a failure midway leaves the folder as it was', async () => {
    const before = readdirSync(folder)
    const failing = function* () {
      yield episodes(200)[0]
      throw new Error('power')
    }
    await expect(writeTransitions(join(folder, 'half'), spec, failing(), {})).rejects.toThrow('power')
    expect(readdirSync(folder)).toEqual(before)
  })
})
