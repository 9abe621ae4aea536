/** Here the tests that need QEMU run, or fail: a plain `npm test` skips them where it is not installed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { missingQemu, openQemu } from '../../firmware-bridge/emulators/qemu.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import { bpdIn } from '../support/command.ts'
import { policyFile } from '../support/policies.ts'
import '../firmware-bridge/emulators/qemu.test.ts'

it('QEMU is installed', () => {
  expect(missingQemu()).toBeUndefined()
})

it('a board left alone goes into its failsafe by its own clock, and comes back with a fresh stream', async () => {
  const board = await Board.connect(await openQemu())
  const action = new Float32Array(6)
  const step = () => board.step(new Float32Array(17), action)
  await board.install(policyFile([17, 40, 30, 6], 1))
  // of 20 ms each: more than a busy machine takes for a few steps
  await board.watch(50)
  await step()
  await sleep(2500)
  for (const left of [3, 2, 1]) await expect(step()).rejects.toThrow(`until ${left} more come in time`)
  await step()
  expect((await board.stats()).board).toMatchObject({ failsafes: 1, steps: 2 })
  await board.close()
})

it('the same inference takes the same instructions each time that QEMU runs', async () => {
  const counts: number[] = []
  for (let i = 0; i < 2; i++) {
    const board = await Board.connect(await openQemu())
    await board.install(policyFile([17, 40, 30, 6], 1))
    const cycles = await board.bench(60)
    counts.push(Math.min(...cycles))
    // SysTick may strike within an inference
    expect(Math.max(...cycles) - Math.min(...cycles)).toBeLessThan(200)
    await board.close()
  }
  expect(counts[0]).toBe(counts[1])
  expect(counts[0]).toBeGreaterThan(1000)
})

it('bpd bench measures a teacher too large for the slots in flash, says so, and pretends no time', () => {
  const models = fileURLToPath(new URL('../../models/pendulum/', import.meta.url))
  const words = [
    'bench',
    'student.bpd',
    '--teacher',
    'teacher.safetensors',
    '--port',
    'qemu-stm32f405',
    '--count',
    '20',
  ]
  const { status, stdout } = bpdIn(models, ...words, '--json')
  expect(status).toBe(0)
  const { teacherPlaced, teacher, student, board } = JSON.parse(stdout)
  expect(teacherPlaced).toBe(true)
  expect(board.counter).toContain('instructions')
  expect(teacher.cycles.median).toBeGreaterThan(100 * student.cycles.median)
  const told = bpdIn(models, ...words).stdout
  expect(told).toContain('placed in flash by the emulator')
  expect(told).not.toMatch(/\d [µm]s/)
})
