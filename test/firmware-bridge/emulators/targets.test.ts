/** The targets that are quick to start; test/slow/targets.test.ts runs every file on all of them. */
import { expect, it } from 'vitest'
import { openInProcess } from '../../../firmware-bridge/emulators/in-process.ts'
import { openPicoEmulator } from '../../../firmware-bridge/emulators/pico.ts'
import { Board } from '../../../firmware-bridge/host/client.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { NETWORK_VALUES, OUTSIDE } from '../../../runtime-as/format/network.ts'
import { randomNetwork } from '../../support/networks.ts'
import { quantisedFile } from '../../support/quantised.ts'
import { describeTarget, everyForm } from '../../support/targets.ts'

const files = NETWORK_VALUES.map((values) => everyForm(values, 'relu'))
/** Without a hidden layer, dense and sparse. */
const linear = [1, 0.4].flatMap((density) =>
  NETWORK_VALUES.map((values) => quantisedFile(randomNetwork([6, 2], density), values)),
)

it('the files hold every form', () => {
  const forms = new Set(files.flatMap((file) => decodePolicy(file).layers.map((l) => `${l.form} ${l.columns > 256}`)))
  expect([...forms].sort()).toEqual(['dense false', 'grouped false', 'grouped true'])
})

describeTarget('in-process', undefined, () => Board.connect(openInProcess()), [...files, ...linear])

const small = NETWORK_VALUES.map((values) => quantisedFile(randomNetwork([6, 20, 9, 2], [0.2, 0.3, 1]), values))
for (const outside of OUTSIDE) small.push(quantisedFile(randomNetwork([6, 20, 2], 0.3), 'f32', 'tanh', outside))
const openPico = async () => Board.connect({ name: 'pico-emulator', ...(await openPicoEmulator()) })
describeTarget('pico-emulator', undefined, openPico, [...small, ...linear])
