/** Installs a policy on a board and lets it act there, every action compared: `node examples/drive-a-board.ts [port]`. */
import { readFileSync } from 'node:fs'
import { loadPolicy } from 'bpd'
import { Board, openPort } from 'bpd/board'

const bytes = readFileSync('models/pendulum/student.bpd')
const here = loadPolicy(bytes)
const board = await Board.connect(await openPort(process.argv[2] ?? 'pico-emulator'))
try {
  await board.install(bytes)
  const [there, expected] = [new Float32Array(1), new Float32Array(1)]
  for (let k = 0; k < 20; k++) {
    const angle = 0.3 * k
    const observation = [Math.cos(angle), Math.sin(angle), 1 - 0.1 * k]
    const cycles = await board.step(observation, there)
    here.stepInto(observation, expected)
    if (!Object.is(there[0], expected[0])) throw new Error(`step ${k}: ${there[0]}, expected ${expected[0]}`)
    if (k === 0) console.log(`${board.info.name}: ${cycles} cycles`)
  }
  console.log('20 actions, equal to the last bit')
} finally {
  await board.close()
}
