import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BOARD_DEFAULTS, patienceOf } from '../../../firmware-bridge/host/board-options.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { EMULATORS, kindOf, listPorts, openPort } from '../../../firmware-bridge/host/ports.ts'
import { InputError } from '../../../runtime-as/errors.ts'
import { policyFile } from '../../support/policies.ts'

const posix = process.platform === 'win32' ? it.skip : it

async function failure(name: string): Promise<Error> {
  return await openPort(name).then(
    () => new Error('opened'),
    (error) => error,
  )
}

describe('a port', () => {
  it('of an emulated board is waited for longer than a real one: it starts on the processor of a host that may be busy', () => {
    for (const kind of EMULATORS) expect(patienceOf(kind).patience).toBeGreaterThan(BOARD_DEFAULTS.patience)
    expect(patienceOf(kindOf('/dev/ttyUSB0'))).toEqual({})
  })

  posix('that is absent is refused in one line', async () => {
    const error = await failure('/dev/no-such-board')
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toBe("/dev/no-such-board: no such port, expected one that 'bpd boards' lists")
  })

  posix('that is a file, a folder or another device is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bpd-'))
    const file = join(folder, 'file')
    writeFileSync(file, '')
    for (const path of [file, folder, '/dev/null']) {
      const error = await failure(path)
      expect(error, path).toBeInstanceOf(InputError)
      expect(error.message).toBe(`${path}: not a serial port`)
    }
    rmSync(folder, { recursive: true })
  })

  it('named in-process is the device in this process', async () => {
    const board = await Board.connect(await openPort('in-process'))
    const file = policyFile([3, 8, 1], 1)
    await board.install(file)
    expect(board.info.name).toBe('in-process')
    expect(board.info.policy?.bytes).toBe(file.length)
    await board.close()
  })

  it('is listed by the name that opens it', async () => {
    const ports = await listPorts()
    expect(ports.filter(({ kind }) => kind === 'emulator').map(({ name }) => name)).toEqual([
      'pico-emulator',
      'qemu-stm32f405',
      'qemu-riscv32',
      'in-process',
      'pico-emulator-signed',
      'qemu-stm32f405-signed',
      'in-process-signed',
    ])
  })
})

describe('a kind of port', () => {
  it('is all that the code asks: nothing compares the name of a port', () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const sources = globSync('{cli,firmware-bridge,trainer,runtime-as,bench}/**/*.ts', { cwd: root })
    expect(sources.length).toBeGreaterThan(100)
    const names = EMULATORS.map(({ name }) => name).join('|')
    const compared = new RegExp(`[!=]==? ?['"](${names})['"]|case ['"](${names})['"]|includes\\(port\\)`)
    expect(compared.test("if (port === 'qemu-stm32f405')")).toBe(true)
    expect(sources.filter((file) => compared.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })

  it('says what becomes of what is installed, and an emulator with an image runs that of this repository', () => {
    expect(kindOf('/dev/ttyACM0')).toMatchObject({ kind: 'serial', realTime: true, cyclesAreTime: true })
    for (const { name, flashBytes, forgets, image } of EMULATORS) {
      expect((flashBytes === undefined) !== (forgets === undefined), name).toBe(true)
      const card = image && new URL(`../../../firmware-bridge/images/${image}.json`, import.meta.url)
      if (card) expect(readFileSync(card, 'utf8')).toContain('sha256')
    }
  })
})
