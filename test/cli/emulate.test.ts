import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { missingTerminal } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { openPort } from '../../firmware-bridge/host/ports.ts'
import { bpdIn } from '../support/command.ts'
import { policyFile } from '../support/policies.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-emulate-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bpd = fileURLToPath(new URL('../../cli/bpd.ts', import.meta.url))
const file = policyFile([17, 40, 30, 6], 1)

/** Runs `bpd emulate` until the work is done, then Ctrl-C. */
async function emulated<T>(work: (told: { terminal: string | null; tcp: string }) => Promise<T>): Promise<T> {
  const words = [bpd, 'emulate', 'in-process', '--state', 'board.flash', '--json']
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  const result = await work(JSON.parse(String(line)))
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  expect((await exit)[0]).toBe(0)
  return result
}

it('an emulated board is there for any program until Ctrl-C, and for the next time', async () => {
  await emulated(async ({ terminal, tcp }) => {
    expect(terminal === null).toBe(missingTerminal() !== undefined)
    const board = await Board.connect(await openPort(terminal ?? tcp))
    await board.install(file)
    await board.close()
  })
  await emulated(async ({ tcp }) => {
    const board = await Board.connect(await openPort(tcp))
    expect(board.info.policy).toMatchObject({ bytes: file.length, confirmed: true })
    await board.close()
  })
})

it.each([
  ['a board that is none', ['emulate', '/dev/ttyUSB0'], 'no emulated board, expected pico-emulator, '],
  ['a state that nothing can keep', ['emulate', 'qemu-stm32f405', '--state', 'x'], '--state: of no use'],
  ['a TCP port that is none', ['emulate', '--tcp', '70000'], 'Expected a whole number from 0 to 65535'],
])('%s is refused in one line', (_, words, message) => {
  const { status, stdout, lines } = bpdIn(folder, ...words)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(message)
})
