/** What `bpd compare` might find of hopper: files with names of strangers, a linear policy, ours of both kinds, teachers, the paper. */
import { type Compared, frontsOf, type Row } from '../../cli/compare/rows.ts'

const row = (number: number, name: string, mean: number, facts: Partial<Row>): Row => ({
  number,
  name,
  also: [],
  shipped: false,
  network: 'sparse',
  states: 'offline',
  ways: [],
  weights: 425,
  bytes: 1000 * number,
  cost: 3000 + number,
  standIn: false,
  return: { mean, half: 12, seeds: 100 },
  median: mean + 1,
  fellRate: 0.05,
  failureRate: 0.15,
  retained: mean / 3681,
  difference: { mean: mean - 3681, half: 14, seeds: 100 },
  sha256: 'ab'.repeat(32),
  crc: 0x00c0ffee,
  signature: null,
  ...facts,
})

export const hostileName = 'runs/<script>alert(1)</script>&\u202e.bpd'

const rows = [
  row(1, hostileName, 3849, { network: 'linear', states: 'unknown', weights: 33 }),
  row(2, 'runs/own/point-1.bpd', 3684, {
    states: 'on-policy',
    ways: [{ by: 'own states', environmentSteps: 450_000 }, { by: 'search' }],
    also: ['runs/own/student.bpd'],
  }),
  row(3, 'models/hopper/student.bpd', 3604, { shipped: true }),
  row(4, 'runs/dense/student.bpd', 3500, { network: 'dense' }),
  row(500, 'models/hopper/teacher.safetensors', 3681, {
    number: 5,
    network: 'teacher',
    states: 'unknown',
    shipped: true,
    cost: undefined,
    uncounted: 'pico-emulator: too large',
  }),
]

export const sampleCompared: Compared = {
  task: 'hopper',
  seed: 1,
  episodes: 100,
  date: '2026-03-04T05:06:07.000Z',
  counter: { port: 'qemu-stm32f405', counts: 'instructions of the emulated Cortex-M4F, counted inside the board' },
  teacher: 'models/hopper/teacher.safetensors',
  paper: { teacherReturn: 3583, studentReturn: 3134, retained: 0.875, weights: 1701 },
  rows,
  fronts: frontsOf(rows),
}
