import { afterEach, expect, it } from 'vitest'
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { openSerial } from '../../firmware-bridge/host/serial.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { policyFile } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'
import { plug, possible, unplugAll } from '../support/terminal.ts'

const file = policyFile([17, 40, 30, 6], 1)
const file2 = policyFile([17, 60, 30, 6], 2)

afterEach(unplugAll)

describeWith('Linux with python3', possible)('a serial port', () => {
  it('that is unplugged and comes back under another name is known by its USB serial number, 20 times in a row', async () => {
    const device = new InProcessBoard()
    let plugged = await plug(device)
    // another board stands beside it
    const list = async () => [
      { path: '/dev/other', serialNumber: 'other' },
      { path: plugged.path, serialNumber: 'E66038B713596A29' },
    ]
    const names = new Set<string>()
    const board = await Board.connect(await openSerial(plugged.path, list), { timeout: 100, patience: 5000 })
    const policy = loadPolicy(file)
    const [here, there] = [new Float32Array(6), new Float32Array(6)]
    const again = async () => {
      names.add(plugged.path)
      const { unplug } = plugged
      device.duplex.removeAllListeners('data')
      // the old terminal's name stays taken until the new one is there
      plugged = await plug(device)
      unplug()
    }
    for (let i = 0; i < 20; i++) {
      if (i === 10) {
        let halfway: Promise<void> | undefined
        await board.install(file2, (sent) => {
          if (sent > 1000) halfway ??= again()
        })
        await halfway
        expect(board.info.policy?.bytes).toBe(file2.length)
        await board.install(file)
      } else {
        if (i === 0) await board.install(file)
        await again()
      }
      const observation = new Float32Array(17).fill(i / 10)
      await board.step(observation, there)
      policy.stepInto(observation, here)
      expect(there).toEqual(here)
    }
    expect(names.size).toBeGreaterThan(1)
    await board.close()
  })
})
