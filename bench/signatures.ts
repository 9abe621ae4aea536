/**
 * What signatures cost a board, as one JSON object: milliseconds of its own clock to verify the shipped student's envelope (LOCK, less a LOCK
 * that only asks), cycles by that, bytes of each module and image, cycles of an inference with and without. `npm run bench:signatures`.
 */
import { readFileSync, statSync } from 'node:fs'
import { Board } from '../firmware-bridge/host/client.ts'
import { EMULATORS, openPort } from '../firmware-bridge/host/ports.ts'
import { newKey, signPolicy } from '../firmware-bridge/host/signing.ts'

const path = (relative: string) => new URL(`../${relative}`, import.meta.url)
const key = newKey()
const student = readFileSync(path('models/pendulum/student.bpd'))
const signed = signPolicy(student, key, 1)
const sized = (file: string) => statSync(path(file)).size

/** What `work` takes by the board's clock, HELLO after it included. */
async function timed(board: Board, work: () => Promise<unknown>): Promise<number> {
  const before = (await board.hello()).uptime
  await work()
  return (await board.hello()).uptime - before
}

const median = (cycles: Uint32Array): number => cycles.slice().sort()[cycles.length >> 1]

const boards: Record<string, object> = {}
for (const { name: port, image } of EMULATORS) {
  if (!image?.endsWith('-signed')) continue
  const plain = image.replace(/-signed$/, '')
  const without = await Board.connect(await openPort(port.replace(/-signed$/, '')))
  await without.install(student)
  const cyclesWithout = median(await without.bench(20))
  await without.close()
  const board = await Board.connect(await openPort(port))
  try {
    await board.install(signed)
    const asked = await timed(board, () => board.signing())
    const locked = await timed(board, () => board.lock(key.publicKey))
    const { clockHz, stackUsed } = await board.hello()
    const milliseconds = locked - asked
    boards[port] = {
      verify: { milliseconds, cycles: (milliseconds / 1000) * clockHz },
      imageBytes: sized(`firmware-bridge/images/${image}.bin`),
      imageBytesWithout: sized(`firmware-bridge/images/${plain}.bin`),
      cycles: median(await board.bench(20)),
      cyclesWithout,
      stackUsed,
    }
  } finally {
    await board.close()
  }
}
const module = (name: string) => sized(`runtime-as/kernel/build/${name}.wasm`)
const bytes = {
  moduleBytes: module('signed'),
  moduleBytesWithout: module('policy'),
  envelopeBytes: signed.length - student.length,
}
console.log(JSON.stringify({ ...bytes, fileBytes: student.length, boards }, null, 2))
