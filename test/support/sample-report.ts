/** A report of `bpd demo` with every figure. */
import type { Report } from '../../cli/report/report.ts'
import { distillOptions } from '../../trainer/distill/options.ts'

const steps = [1000, 2000, 3000]
export const sampleReport: Report = {
  task: 'pendulum',
  seed: 1,
  date: '2026-03-04T05:06:07.000Z',
  teacher: {
    file: 'models/pendulum/teacher.safetensors',
    weights: 66560,
    bytes: 268292,
    return: { mean: -141.4, std: 88.9, episodes: 100 },
  },
  student: {
    file: 'runs/demo-pendulum/student.bpd',
    weights: 96,
    bytes: 1537,
    crc: 0x00c0ffee,
    signature: null,
    keptOfTeacher: 96 / 66560,
    keptOfStudent: 96 / 4352,
    liveUnits: [18, 14, 1],
    threshold: -1.5,
    return: { mean: -143.9, std: 88.2, episodes: 100 },
  },
  difference: { mean: -2.5, half: 1.25, seeds: 100 },
  distillation: {
    options: distillOptions('pendulum', { seed: 1, threads: 2 }),
    curve: steps.map((step, i) => ({
      step,
      critic: 0.02 * i,
      value: -2 - i,
      absoluteValue: 2 + i,
      clone: 0.2,
      kl: 1.4 / (i + 1),
      klWeight: i / 3,
      return: -260 + 40 * i,
      weights: 1990 - 400 * i,
      weightsPerLayer: [100, 1880 - 400 * i, 10],
      logAlphaHistogram: Array.from({ length: 20 }, (_, bin) => 10 * bin),
    })),
    sweep: [
      { threshold: -3, bytes: 1000, weights: 62, prunedReturn: -470, tunedReturn: -168 },
      { threshold: -1.5, bytes: 1000, weights: 96, prunedReturn: -171, tunedReturn: -158 },
    ],
    teacherPickReturn: -158.9,
  },
  board: {
    name: 'pico',
    clockHz: 125e6,
    counter: 'core cycles, counted inside the board',
    teacherCycles: { min: 4934404, median: 5255766, p99: 5295481, max: 5295481, jitter: 0, count: 16 },
    studentCycles: { min: 14096, median: 14141, p99: 14511, max: 14511, jitter: 0, count: 16 },
    speedup: 371.7,
    bitExact: true,
    comparedActions: 400,
    control: { episodes: 2, steps: 400, return: { mean: -179.5, std: 70.1, episodes: 2 } },
    ramBytes: 12496,
    stackBytes: 436,
    flashBytes: 16420,
    image: { compiler: 'gcc 12.2', flags: '-O3', sha256: 'ab'.repeat(32) },
  },
  seconds: { collect: 0.4, distill: 26.6, board: 4.5, total: 31.5 },
  versions: { bpd: '0.1.0', node: '24.0.0' },
  machine: { platform: 'linux-x64', fusedMultiplyAdd: true },
}
