/** `npm run sizes`: bytes of the package and its install, of the module, and of each board's image, RAM and stack after the shipped student ran on its emulator, as one JSON object. */
import { readFileSync, statSync } from 'node:fs'
import { Board } from '../firmware-bridge/host/client.ts'
import { measure } from '../firmware-bridge/host/measure.ts'
import { EMULATORS, openPort } from '../firmware-bridge/host/ports.ts'
import { packageSize } from './package-size.ts'

const path = (relative: string) => new URL(`../${relative}`, import.meta.url)
const student = readFileSync(path('models/pendulum/student.bpd'))
const boards: Record<string, object> = {}
for (const { name: port, image } of EMULATORS) {
  if (image === undefined) continue
  const board = await Board.connect(await openPort(port))
  try {
    const cycles = await measure(board, student, 20)
    const { imageBytes, staticBytes, workBytes, stackBytes, stackUsed } = await board.hello()
    boards[port] = { imageBytes, staticBytes, workBytes, stackBytes, stackUsed, cycles }
  } finally {
    await board.close()
  }
}
console.log(
  JSON.stringify(
    {
      package: await packageSize(),
      moduleBytes: statSync(path('runtime-as/kernel/build/policy.wasm')).size,
      policyBytes: student.length,
      boards,
    },
    null,
    2,
  ),
)
