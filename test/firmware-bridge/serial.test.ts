/** Real serial ports through the real `serialport` package: a pseudo terminal with the in-process device at its other end. */
import { afterEach, expect, it } from 'vitest'
import { Board } from '../../firmware-bridge/client.ts'
import { InProcessBoard } from '../../firmware-bridge/inprocess.ts'
import { openPort } from '../../firmware-bridge/ports.ts'
import { FailedError } from '../../runtime-as/errors.ts'
import { describeWith } from '../require.ts'
import { policyFile } from './policies.ts'
import { plug, possible, unplugAll } from './terminal.ts'

const file = policyFile([17, 40, 30, 6], 1)

afterEach(unplugAll)

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
