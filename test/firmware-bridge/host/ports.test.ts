import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { listPorts, openPort } from '../../../firmware-bridge/host/ports.ts'
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
      'in-process',
    ])
  })
})
