/** `--state`: what one command installs on an emulated board is there for the next, as on a real one. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withBoard } from '../../cli/board.ts'
import { BoardState } from '../../cli/board-state.ts'
import { kindOf } from '../../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { releaseClaims } from '../../trainer/files/claim.ts'
import { bpdIn, jsonIn } from '../support/command.ts'
import { policyFile } from '../support/policies.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-state-'))
afterAll(() => rmSync(folder, { recursive: true }))
const student = fileURLToPath(new URL('../../models/pendulum/student.bpd', import.meta.url))
const crc = crc32(readFileSync(student))
const json = (...words: string[]) => jsonIn(folder, ...words)

describe('with --state', () => {
  it('flash, then boards, bench and loop find the policy, as on a real board', () => {
    const on = ['--port', 'in-process', '--state', 'runs/device.flash']
    expect(bpdIn(folder, 'flash', student, ...on).stdout).toContain('kept     in runs/device.flash\n')
    expect(json('boards', ...on).board.policy).toMatchObject({ crc, generation: 1, confirmed: true })
    const before = readFileSync(join(folder, 'runs/device.flash'))
    json('bench', student, '--count', '3', ...on)
    expect(json('loop', 'pendulum', '--episodes', '1', ...on)).toMatchObject({ steps: 200, bitExact: null })
    // it ran already: nothing was sent, nothing written
    expect(readFileSync(join(folder, 'runs/device.flash')).equals(before)).toBe(true)
    expect(readdirSync(join(folder, 'runs')).filter((name) => name.includes('.part'))).toEqual([])
  }, 120_000)

  it('the emulated Pico keeps its flash, which its image finds again', () => {
    const on = ['--port', 'pico-emulator', '--state', 'runs/pico.flash']
    expect(bpdIn(folder, 'flash', student, ...on).status).toBe(0)
    expect(json('boards', ...on).board).toMatchObject({ name: 'pico', policy: { crc, generation: 1, confirmed: true } })
  }, 120_000)

  it('left out, a command forgets, says so, and advises what helps', () => {
    expect(bpdIn(folder, 'flash', student, '--port', 'in-process').stdout).toContain('--state FILE keeps it')
    expect(bpdIn(folder, 'loop', 'pendulum', '--port', 'in-process').lines.at(-1)).toBe(
      'bpd: in-process: the board runs no policy: give a .bpd file, or the --state in which "bpd flash" kept one',
    )
  }, 120_000)
})

describe('a state file', () => {
  const wrong = join(folder, 'wrong.flash')
  const opening = (bytes: Uint8Array, port = 'in-process') => {
    writeFileSync(wrong, bytes)
    return () => new BoardState(wrong, port)
  }
  const install = (state: string, seed: number) =>
    withBoard({ port: 'in-process', state }, (board) => board.install(policyFile([3, 12, 1], seed)))
  const modeOf = (path: string) => statSync(path).mode & 0o777

  it.runIf(process.platform !== 'win32')('behind a link is what is written: the link stays one', async () => {
    const [file, link] = [join(folder, 'linked.flash'), join(folder, 'link.flash')]
    await install(file, 1)
    releaseClaims()
    const before = readFileSync(file)
    symlinkSync(file, link)
    await install(link, 2)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(file).equals(before)).toBe(false)
    releaseClaims()
  })

  it.runIf(process.platform !== 'win32')('is its user’s alone: a key may be in it', async () => {
    const file = join(folder, 'private.flash')
    for (const [seed, [mode, left]] of [[0o600], [0o644, 0o600], [0o444, 0o400]].entries()) {
      if (left) chmodSync(file, mode)
      await install(file, seed + 1)
      releaseClaims()
      expect(modeOf(file)).toBe(left ?? mode)
    }
  })

  let good: Buffer
  beforeAll(async () => {
    const file = join(folder, 'good.flash')
    await withBoard({ port: 'in-process', state: file }, (board) => board.install(policyFile([3, 12, 1], 1)))
    good = readFileSync(file)
  })

  it('that is damaged anywhere is refused in one line, and left as it is', () => {
    const line = 'wrong.flash: damaged, its CRC-32 is not that of its bytes'
    for (const at of [8, 13, 31, 40, good.length - 1]) {
      const damaged = Buffer.from(good)
      damaged[at] ^= 4
      expect(opening(damaged)).toThrow(line)
      expect(opening(damaged)).toThrow(InputError)
    }
    expect(opening(good.subarray(0, -1))).toThrow(line)
    releaseClaims()
    const { status, stdout, lines } = bpdIn(folder, 'boards', '--port', 'in-process', '--state', 'wrong.flash')
    expect({ status, stdout, lines }).toEqual({ status: 2, stdout: '', lines: [`bpd: ${line}`] })
    expect(readFileSync(wrong).equals(good.subarray(0, -1))).toBe(true)
  })

  it('that is none, or another board’s, is refused in one line', () => {
    for (const bytes of [new Uint8Array(0), readFileSync(student), Buffer.from('bpdflash')]) {
      expect(opening(bytes)).toThrow(/wrong.flash: no state of a board, expected what --state wrote$/)
    }
    expect(opening(good, 'pico-emulator')).toThrow(/wrong.flash: the state of in-process, expected pico-emulator$/)
  })

  it('is refused where there is nothing to keep, which says why', () => {
    const on = (port: string) => () => new BoardState(join(folder, 'none.flash'), port)
    expect(on('qemu-stm32f405')).toThrow(
      "--state: of no use with qemu-stm32f405: QEMU's flash cannot be written: its policies are in RAM, which goes with it",
    )
    expect(on('/dev/ttyACM9')).toThrow('--state: of no use with /dev/ttyACM9: a real board keeps its own flash')
    expect(on('/dev/ttyACM9')).toThrow(InputError)
    expect(bpdIn(folder, 'boards', '--state', 'f').lines).toEqual(['bpd: --state: no board given, expected --port too'])
  })

  it('belongs to one command at a time: a second one is refused before its work', async () => {
    const file = join(folder, 'claimed.flash')
    await withBoard({ port: 'in-process', state: file }, async () => {
      const { status, lines } = bpdIn(folder, 'flash', student, '--port', 'in-process', '--state', file)
      expect({ status, lines }).toMatchObject({ status: 2, lines: [expect.stringContaining(`in use by process`)] })
    })
  })

  it('that cannot be kept is refused before the work', () => {
    mkdirSync(join(folder, 'taken.flash'))
    const { status, lines } = bpdIn(folder, 'flash', student, '--port', 'in-process', '--state', 'taken.flash')
    const line = 'bpd: taken.flash: a folder, expected the name of a file to write'
    expect({ status, lines }).toEqual({ status: 2, lines: [line] })
  })

  it('that another command wrote meanwhile is left as that one wrote it', async () => {
    const file = join(folder, 'shared.flash')
    const choice = { port: 'in-process', state: file }
    const first = withBoard(choice, async (board) => {
      await board.install(policyFile([3, 12, 1], 1))
      await new BoardState(file, 'in-process').save(new Uint8Array(kindOf('in-process').flashBytes ?? 0))
    })
    await expect(first).rejects.toThrow(`${file}: changed by another command meanwhile, left as it is`)
    await expect(first).rejects.toThrow(FailedError)
    expect(new BoardState(file, 'in-process').flash?.every((byte) => byte === 0)).toBe(true)
  })

  it('keeps what was installed though the command then failed', async () => {
    const file = join(folder, 'failed.flash')
    const failed = withBoard({ port: 'in-process', state: file }, async (board) => {
      await board.install(policyFile([3, 12, 1], 1))
      throw new FailedError('later')
    })
    await expect(failed).rejects.toThrow('later')
    expect(new BoardState(file, 'in-process').flash?.some((byte) => byte !== 0xff)).toBe(true)
  })
})
