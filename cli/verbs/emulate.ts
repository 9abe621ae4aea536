import { setTimeout as sleep } from 'node:timers/promises'
import { Argument, Option } from 'commander'
import { missingTerminal, type Offer, offerTcp, offerTerminal } from '../../firmware-bridge/emulators/offer.ts'
import { EMULATORS, kindOf } from '../../firmware-bridge/host/ports.ts'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import { stateOption } from '../board.ts'
import { BoardState } from '../board-state.ts'
import { onInterrupt } from '../interrupt.ts'
import { printResult, say, warn } from '../terminal.ts'
import { type CommonOptions, integer, verb } from '../verb.ts'

interface Options extends CommonOptions {
  state?: string
  tcp: number
}

/** milliseconds between two looks at the flash; it is kept when it was the same twice */
const LOOK = 250

export const emulateVerb = verb('emulate', {
  group: 'On a board:',
  description: 'runs an emulated board that any program opens, as a serial port and as a TCP port, until Ctrl-C',
  example: 'bpd emulate pico-emulator --state runs/pico.flash',
})
  .addArgument(new Argument('[board]', 'of those that "bpd boards" lists').default('pico-emulator'))
  .addOption(stateOption())
  .addOption(
    new Option('--tcp <port>', 'TCP port on 127.0.0.1, 0: any that is free').argParser(integer(0, 65535)).default(0),
  )
  .action(run)

async function run(name: string, { state: file, tcp, json }: Options): Promise<void> {
  const kind = kindOf(name)
  if (!EMULATORS.includes(kind)) {
    throw new InputError(`${name}: no emulated board, expected ${EMULATORS.map((each) => each.name).join(', ')}`)
  }
  const stopped = new Promise<void>((stop) => onInterrupt(stop))
  const state = file === undefined ? undefined : new BoardState(file, name)
  const port = await kind.open(name, state?.flash, true)
  const lost = new Promise<Error | undefined>((resolve) => {
    port.duplex.once('error', resolve)
    port.duplex.once('close', () => resolve(undefined))
  })
  const offers: Offer[] = []
  try {
    offers.push(await offerTcp(port, tcp))
    const missing = missingTerminal()
    if (missing === undefined) offers.unshift(await offerTerminal(port))
    else warn(`no pseudo terminal: that ${missing}; the TCP port is there`)
    const gone = offers.flatMap((offer) => offer.gone?.then((why) => new FailedError(why)) ?? [])
    const told = {
      board: name,
      terminal: missing === undefined ? offers[0].name : null,
      tcp: offers.at(-1)?.name,
      file,
    }
    printResult(json, told, () => text(told))
    let over = false
    const ended = Promise.race([stopped, lost, ...gone]).finally(() => {
      over = true
    })
    while (!over) {
      await Promise.race([sleep(LOOK), ended])
      if (port.flash) await state?.saveStable(port.flash)
    }
    const error = await ended
    if (error) throw error
    say(`${name} stopped`)
  } finally {
    for (const offer of offers) await offer.close()
    await port.close()
    if (port.flash) await state?.save(port.flash)
  }
}

const text = ({
  board,
  terminal,
  tcp,
  file,
}: {
  board: string
  terminal: string | null
  tcp?: string
  file?: string
}) =>
  [
    `board    ${board}`,
    ...(terminal === null ? [] : [`terminal ${terminal}, a serial port at any speed`]),
    `tcp      ${tcp}`,
    ...(file === undefined ? [] : [`state    ${file}`]),
    `now try  bpd boards --port ${terminal ?? tcp}`,
    'Ctrl-C ends it',
  ].join('\n')
