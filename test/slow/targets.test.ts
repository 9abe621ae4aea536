import { openPicoEmulator } from '../../firmware-bridge/emulators/pico.ts'
import { missingQemu, openQemu } from '../../firmware-bridge/emulators/qemu.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { VALUE_TYPES } from '../../runtime-as/format/network.ts'
import { describeTarget, everyForm } from '../support/targets.ts'

const files = VALUE_TYPES.flatMap((values) => [
  everyForm(values, 'relu'),
  everyForm(values, 'none'),
  everyForm(values, 'relu', 'clamp'),
  everyForm(values, 'none', 'refuse'),
])

const openPico = async () => Board.connect({ name: 'pico-emulator', ...(await openPicoEmulator()) })
describeTarget('pico-emulator', undefined, openPico, files)
describeTarget('qemu-stm32f405', missingQemu(), async () => Board.connect(await openQemu()), files)
