/** Here the tests that need QEMU run, or fail: a plain `npm test` skips them where it is not installed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Board } from '../../firmware-bridge/host/client.ts'
import { EMULATORS, openPort } from '../../firmware-bridge/host/ports.ts'
import { bpdIn } from '../support/command.ts'
import { policyFile } from '../support/policies.ts'
import '../firmware-bridge/emulators/qemu.test.ts'

const ports = EMULATORS.map(({ name }) => name).filter((name) => name.startsWith('qemu-'))

it.each(EMULATORS)('what $name needs is installed', async ({ missing }) => {
  expect(await missing()).toBeUndefined()
})

it.each(ports)(
  '%s: a board left alone goes into its failsafe by its own clock, and comes back with a fresh stream',
  async (port) => {
    const board = await Board.connect(await openPort(port))
    const action = new Float32Array(6)
    const step = () => board.step(new Float32Array(17), action)
    await board.install(policyFile([17, 40, 30, 6], 1))
    // of 20 ms each: more than a busy machine takes for a few steps
    await board.watch(50)
    await step()
    // 1.5 s of the board's own time, which a busy machine gives it slowly
    const { uptime } = await board.hello()
    while ((await board.hello()).uptime < uptime + 1500) await sleep(100)
    for (const left of [3, 2, 1])
      await expect(step()).rejects.toThrow(`until ${left} more valid observations come in time`)
    await step()
    expect((await board.stats()).board).toMatchObject({ failsafes: 1, steps: 2 })
    await board.close()
  },
)

it.each(ports)('%s: the same inference takes the same instructions each time that QEMU runs', async (port) => {
  const counts: number[] = []
  for (let i = 0; i < 2; i++) {
    const board = await Board.connect(await openPort(port))
    await board.install(policyFile([17, 40, 30, 6], 1))
    const cycles = await board.bench(60)
    counts.push(Math.min(...cycles))
    const goldens = board.info.policy?.goldens ?? 0
    // the clock's interrupt may strike within an inference
    for (const [k, count] of cycles.subarray(goldens).entries()) expect(Math.abs(count - cycles[k])).toBeLessThan(200)
    await board.close()
  }
  expect(counts[0]).toBe(counts[1])
  expect(counts[0]).toBeGreaterThan(1000)
})

it.each([
  ['qemu-stm32f405', 'too large for its slots, in flash, and says so', true],
  ['qemu-riscv32', 'through its slots', false],
])('%s: bpd bench measures a teacher %s, and pretends no time', (port, _, placed) => {
  const models = fileURLToPath(new URL('../../models/pendulum/', import.meta.url))
  const words = ['bench', 'student.bpd', '--teacher', 'teacher.safetensors', '--port', port, '--count', '20']
  const { status, stdout } = bpdIn(models, ...words, '--json')
  expect(status).toBe(0)
  const { teacherPlaced, teacher, student, board } = JSON.parse(stdout)
  expect(teacherPlaced ?? false).toBe(placed)
  expect(board.counter).toContain('instructions')
  expect(teacher.cycles.median).toBeGreaterThan(100 * student.cycles.median)
  const told = bpdIn(models, ...words).stdout
  expect(told.includes('placed in flash by the emulator')).toBe(placed)
  expect(told).not.toMatch(/\d [µm]s/)
})
