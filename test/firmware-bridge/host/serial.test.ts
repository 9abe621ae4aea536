/** Real serial ports through the real `serialport` package: a pseudo terminal with the in-process device at its other end. */
import { spawnSync } from 'node:child_process'
import { afterEach, expect, it } from 'vitest'
import { InProcessBoard } from '../../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { openPort } from '../../../firmware-bridge/host/ports.ts'
import { FailedError } from '../../../runtime-as/errors.ts'
import { policyFile } from '../../support/policies.ts'
import { describeWith } from '../../support/require.ts'
import { plug, possible, unplugAll } from '../../support/terminal.ts'

const file = policyFile([17, 40, 30, 6], 1)

afterEach(unplugAll)

/** What the system says of the terminal. */
const speedOf = async (path: string) => spawnSync('stty', ['-F', path, 'speed'], { encoding: 'utf8' }).stdout.trim()

describeWith('Linux with python3', possible)('a serial port', () => {
  it('installs, steps and measures as any other', async () => {
    const { path } = await plug()
    const board = await Board.connect(await openPort(path))
    await board.install(file)
    const action = new Float32Array(6)
    for (let i = 0; i < 100; i++) await board.step(new Float32Array(17).fill(i / 50), action)
    expect(await board.bench(50)).toHaveLength(50)
    expect((await board.stats()).board).toMatchObject({ steps: 100, badCrc: 0 })
    await board.close()
  })

  it('takes another speed behind its name, where the firmware has another', async () => {
    const { path } = await plug()
    const board = await Board.connect(await openPort(`${path}@921600`))
    expect(await speedOf(path)).toBe('921600')
    await board.close()
    await expect(openPort(`${path}@1`)).rejects.toThrow(`${path}@1: 1 baud, expected 1200..12000000`)
  })

  it('that another program has open is busy', async () => {
    const { path } = await plug()
    const board = await Board.connect(await openPort(path))
    const second = openPort(path)
    await expect(second).rejects.toThrow(`${path}: busy, another program has it open`)
    await expect(second).rejects.toThrow(FailedError)
    await board.close()
    await (await openPort(path)).close()
  })

  it('with nobody behind it is silent', async () => {
    const { path } = await plug(Object.assign(new InProcessBoard(), { powered: false }))
    const connecting = Board.connect(await openPort(path), { timeout: 20, patience: 100 })
    await expect(connecting).rejects.toThrow(`${path}: silent, expected an answer`)
  })

  it('that is unplugged in an upload fails in one line', async () => {
    const { path, unplug } = await plug()
    const board = await Board.connect(await openPort(path), { timeout: 50, patience: 200 })
    const install = board.install(file, (sent) => {
      if (sent > 1000) unplug()
    })
    await expect(install).rejects.toThrow(new RegExp(`^${path}: `))
    await expect(install).rejects.toThrow(FailedError)
    await board.close()
  })
})
