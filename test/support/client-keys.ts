/** What a client of another language must do with a board that has a key, and cannot do without it. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { offerTcp } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import type { Port } from '../../firmware-bridge/host/port.ts'
import { pair } from './client-session.ts'
import { policyFile } from './policies.ts'
import { recorded } from './recorded-line.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 1)
const OTHER = Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 2)
const STEPS = 20
const digits = (key: Uint8Array) => Buffer.from(key).toString('hex')

/** Runs the client on a line with one policy and its observations: exit status and what it said on stderr. */
async function run(
  line: Port,
  command: readonly string[],
  key?: Uint8Array,
): Promise<{ status: number; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-keys-'))
  const offer = await offerTcp(line)
  try {
    const files = [join(folder, 'policy.bpd'), join(folder, 'observations')]
    writeFileSync(files[0], policyFile([3, 12, 2], 1))
    writeFileSync(files[1], new Uint8Array(new Float32Array(3 * STEPS).fill(0.25).buffer))
    const [program, ...words] = [...command, ...(key ? ['--key', digits(key)] : []), offer.name, ...files]
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1)))
    const said = await text(child.stderr)
    return { status: await ended, said }
  } finally {
    await offer.close()
    rmSync(folder, { recursive: true })
  }
}

/**
 * A paired board acts for who has its key; for who has none, or another, it does nothing, and what was recorded does nothing in its session or in the next.
 *
 * @param refusals what the client says with another key, and with none
 */
export async function expectKeysHold(
  command: readonly string[],
  refusals: { other: RegExp; none: RegExp },
): Promise<void> {
  let acted = 0
  const port = openInProcess({ onAct: () => acted++ })
  await pair(port, KEY)
  const { line, frames, play } = recorded(port)
  const other = await run(line, command, OTHER)
  expect(other.said).toMatch(refusals.other)
  const none = await run(line, command)
  expect(none.said).toMatch(refusals.none)
  expect([other.status === 0, none.status === 0, acted]).toEqual([false, false, 0])

  frames.length = 0
  expect(await run(line, command, KEY)).toMatchObject({ status: 0 })
  expect(acted).toBe(STEPS)
  const heard = frames.splice(0)
  expect(heard.length).toBeGreaterThan(STEPS)
  for (const frame of heard) await play(frame)
  const board = await Board.connect({ ...port, close: async () => {} }, { key: KEY })
  const { generation } = board.info.policy!
  await board.reset()
  for (const frame of heard) await play(frame)
  await board.hello()
  expect([acted, board.info.policy?.generation]).toEqual([STEPS, generation])
  await board.close()
  await port.close()
}
