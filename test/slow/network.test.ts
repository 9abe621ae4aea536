/** A line behind a TCP port, for longer than connecting may take. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { offerTcp } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { openPort } from '../../firmware-bridge/host/ports.ts'

it('a line stays open for as long as its two ends want', async () => {
  const device = openInProcess()
  const offer = await offerTcp(device)
  const port = await openPort(offer.name)
  const { duplex } = port
  const board = await Board.connect(port)
  await sleep(5500)
  // neither ended nor opened anew
  expect(duplex.destroyed).toBe(false)
  expect(port.duplex).toBe(duplex)
  expect((await board.hello()).name).toBe('in-process')
  await board.close()
  await offer.close()
  await device.close()
})
