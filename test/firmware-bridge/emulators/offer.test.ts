/** The line of an emulated board, as other programs open it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import {
  MAKERS,
  missingTerminal,
  type Offer,
  offerTcp,
  offerTerminal,
} from '../../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import type { Port } from '../../../firmware-bridge/host/port.ts'
import { kindOf, openPort } from '../../../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../../../runtime-as/errors.ts'
import { childrenOf } from '../../support/children.ts'
import { policyFile } from '../../support/policies.ts'
import { describeWith } from '../../support/require.ts'

const file = policyFile([17, 40, 30, 6], 1)
const open: (Offer | Port)[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})
const kept = <T extends Offer | Port>(one: T): T => {
  open.push(one)
  return one
}
const liveBoard = async (name: string) => kept(await kindOf(name).open(name, undefined, true))

describe.each(MAKERS.filter(({ platforms }) => platforms.includes(process.platform)))(
  'a terminal made by $needs',
  (maker) => {
    describeWith('a program that makes pseudo terminals', missingTerminal() === undefined)('', () => {
      it('carries a policy and a thousand numbers as any serial port', async () => {
        const { name } = kept(await offerTerminal(await liveBoard('in-process'), maker))
        const board = await Board.connect(await openPort(name))
        await board.install(file)
        const action = new Float32Array(6)
        for (let i = 0; i < 60; i++) await board.step(new Float32Array(17).fill(i), action)
        expect((await board.stats()).board).toMatchObject({ steps: 60, badCrc: 0, dropped: 0 })
        await board.close()
      })

      it('says that it has gone, and closes all the same', async () => {
        const offer = await offerTerminal(await liveBoard('in-process'), maker)
        const makers = childrenOf(process.pid)
        expect(makers.length).toBeGreaterThan(0)
        for (const pid of makers) process.kill(pid, 'SIGKILL')
        expect(await offer.gone).toBe(`terminal ${offer.name}: has gone, ${maker.command[0]} ended`)
        await offer.close()
      })
    })
  },
)

describe('a TCP port', () => {
  it('carries the same, to one program at a time: the next one waits for its turn', async () => {
    const { name } = kept(await offerTcp(await liveBoard('in-process')))
    const first = await Board.connect(await openPort(name))
    await first.install(file)
    const second = Board.connect(await openPort(name), { timeout: 20 })
    await sleep(60)
    expect(first.info.policy?.bytes).toBe(file.length)
    await first.close()
    expect((await second).info.policy?.bytes).toBe(file.length)
    await (await second).close()
  })

  it('that another program has is refused, as is one that nobody offers, and what is no address', async () => {
    const port = await liveBoard('in-process')
    const { name } = kept(await offerTcp(port))
    const number = Number(name.split(':').at(-1))
    await expect(offerTcp(port, number)).rejects.toThrow(`TCP port ${number}: cannot be offered`)
    await open.pop()?.close()
    await expect(openPort(name)).rejects.toThrow(FailedError)
    for (const address of ['socket://', 'socket://nowhere', 'socket://127.0.0.1:0', 'socket://127.0.0.1:99999'])
      await expect(openPort(address)).rejects.toThrow(InputError)
  })
})

it('an emulated Pico that lives goes into its failsafe by itself, and comes back with a fresh stream', async () => {
  const board = await Board.connect(await liveBoard('pico-emulator'))
  await board.install(policyFile([3, 4, 1], 1))
  const step = () => board.step([0, 0, 0], new Float32Array(1))
  // of 20 ms each: more than a busy machine takes for a few steps
  await board.watch(20)
  await step()
  await sleep(1000)
  for (const left of [3, 2, 1])
    await expect(step()).rejects.toThrow(`until ${left} more valid observations come in time`)
  await step()
  expect((await board.stats()).board).toMatchObject({ failsafes: 1, steps: 2 })
})
