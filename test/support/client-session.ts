/** A client of another language at work: two policies go over a bad line to an emulated board, and every action is compared with the host's. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { offerTcp } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import type { Port } from '../../firmware-bridge/host/port.ts'
import { openPort } from '../../firmware-bridge/host/ports.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { badLine, type Faults } from './bad-line.ts'
import { observationsFor, randomNetwork } from './networks.ts'
import { policyFile } from './policies.ts'

/** The line at its worst: one frame in ten is lost, and about one in eight is damaged. */
export const FAULTS: Faults = { lost: 0.1, flipped: 0.002, twice: 0.05, late: 0.05, cut: 0.0005, inserted: 0.0005 }
const STEPS = 150
const POLICIES: readonly [sizes: number[], seed: number][] = [
  [[11, 40, 40, 3], 1],
  [[11, 30, 3], 2],
]

export interface Session {
  /** numbers in actions that do not have the bits of the host's */
  wrong: number
  compared: number
  /** what the client printed as JSON on stderr: the board's counters and its own */
  stats: Record<string, number>
}

/** The key that a board is paired with where a session is to have one: as options of each client's program, `--key` and hexadecimal digits. */
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 3)
export const KEY_WORDS = ['--key', Buffer.from(KEY).toString('hex')]

/** command: gets the line's name, then the files of a policy and of its observations in turns; writes each action to stdout in f32 */
export async function session(
  board: string,
  command: readonly string[],
  seed: number,
  key?: Uint8Array,
): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-client-'))
  const port = await openPort(board)
  if (key) await pair(port, key)
  const line = badLine(port, FAULTS, seed)
  const offer = await offerTcp(line)
  try {
    const observations = observationsFor(randomNetwork([11, 3], 1), STEPS, 9)
    const seen = join(folder, 'observations')
    writeFileSync(seen, Buffer.concat(observations.map((each) => new Uint8Array(each.buffer))))
    const files = POLICIES.map(([sizes, of]) => policyFile(sizes, of))
    const paths = files.map((_, i) => join(folder, `${i}.bpd`))
    for (const [i, path] of paths.entries()) writeFileSync(path, files[i])
    const [program, ...words] = [...command, offer.name, ...paths.flatMap((path) => [path, seen])]
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [actions, said] = await Promise.all([buffer(child.stdout), text(child.stderr)])
    expect(said).toMatch(/^\{.*\}\s*$/)
    const expected = files.flatMap((file) => {
      const policy = loadPolicy(file)
      return observations.map((observation) => {
        const action = new Float32Array(3)
        policy.stepInto(observation, action)
        return action
      })
    })
    const bits = Uint32Array.from(expected.flatMap((each) => [...new Uint32Array(each.buffer)]))
    expect(actions.length).toBe(4 * 2 * STEPS * 3)
    const there = new Uint32Array(new Uint8Array(actions).buffer)
    return {
      wrong: there.filter((each, i) => each !== bits[i]).length,
      compared: there.length,
      stats: JSON.parse(said),
    }
  } finally {
    await offer.close()
    await line.close()
    rmSync(folder, { recursive: true })
  }
}

/** Gives the board a key, and leaves its line open. */
export async function pair(port: Port, key: Uint8Array): Promise<void> {
  const board = await Board.connect({ ...port, close: async () => {} })
  await board.pair(key)
  await board.close()
}

/** That the line was as bad as it should be, and that nothing came of it. */
export function expectUnfooled({ wrong, compared, stats }: Session): void {
  expect({ wrong, compared }).toEqual({ wrong: 0, compared: 2 * STEPS * 3 })
  expect(stats.steps).toBeGreaterThanOrEqual(2 * STEPS)
  expect(stats.bad_crc + stats.dropped).toBeGreaterThan(10)
  expect(stats.host_bad).toBeGreaterThan(10)
  expect(stats.host_retries).toBeGreaterThan(30)
}
