import { Board } from '../../firmware-bridge/host/client.ts'
import { EMULATORS } from '../../firmware-bridge/host/ports.ts'
import { NETWORK_VALUES } from '../../runtime-as/format/network.ts'
import { describeTarget, everyForm } from '../support/targets.ts'

const files = NETWORK_VALUES.flatMap((values) => [
  everyForm(values, 'relu'),
  everyForm(values, 'none'),
  everyForm(values, 'relu', 'clamp'),
  everyForm(values, 'none', 'refuse'),
])

for (const { name, image, missing, open } of EMULATORS) {
  if (image === undefined) continue
  describeTarget(name, await missing(), async () => Board.connect(await open(name)), files)
}
