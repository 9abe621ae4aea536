import { describe, expect, it } from 'vitest'
import { reportHtml } from '../../cli/report/html.ts'
import type { Report } from '../../cli/report/report.ts'
import { reportTable } from '../../cli/report/table.ts'
import { duration, percent, printable } from '../../cli/report/words.ts'
import { distillOptions } from '../../trainer/distill/options.ts'

const steps = [1000, 2000, 3000]
const report: Report = {
  task: 'pendulum',
  seed: 1,
  teacher: {
    file: 'models/pendulum/teacher.safetensors',
    ...{ weights: 66560, bytes: 268292, return: { mean: -141.4, std: 88.9, episodes: 100 } },
  },
  student: {
    file: 'runs/demo-pendulum/student.bpd',
    ...{ weights: 96, bytes: 1537, keptOfTeacher: 96 / 66560, keptOfStudent: 96 / 4352, liveUnits: [18, 14, 1] },
    ...{ threshold: -1.5, return: { mean: -143.9, std: 88.2, episodes: 100 } },
  },
  distillation: {
    options: distillOptions('pendulum', { seed: 1, threads: 2 }),
    curve: steps.map((step, i) => ({
      ...{
        step,
        critic: 0.02 * i,
        value: -2 - i,
        absoluteValue: 2 + i,
        clone: 0.2,
        kl: 1.4 / (i + 1),
        klWeight: i / 3,
      },
      ...{ return: -260 + 40 * i, weights: 1990 - 400 * i, weightsPerLayer: [100, 1880 - 400 * i, 10] },
      logAlphaHistogram: Array.from({ length: 20 }, (_, bin) => 10 * bin),
    })),
    sweep: [
      { threshold: -3, bytes: 1000, weights: 62, prunedReturn: -470, tunedReturn: -168 },
      { threshold: -1.5, bytes: 1000, weights: 96, prunedReturn: -171, tunedReturn: -158 },
    ],
    teacherPickReturn: -158.9,
  },
  board: {
    ...{ name: 'pico', clockHz: 125e6, counter: 'core cycles, counted inside the board' },
    teacherCycles: { min: 4934404, median: 5255766, p99: 5295481, max: 5295481, jitter: 0, count: 16 },
    studentCycles: { min: 14096, median: 14141, p99: 14511, max: 14511, jitter: 0, count: 16 },
    ...{ speedup: 371.7, bitExact: true, comparedActions: 400 },
    control: { episodes: 2, steps: 400, return: { mean: -179.5, std: 70.1, episodes: 2 } },
    ...{ ramBytes: 12496, stackBytes: 436, flashBytes: 16420 },
    image: { compiler: 'gcc 12.2', flags: '-O3', sha256: 'ab'.repeat(32) },
  },
  seconds: { collect: 0.4, distill: 26.6, board: 4.5, total: 31.5 },
  versions: { bpd: '0.1.0', node: '24.0.0' },
  machine: { platform: 'linux-x64', fusedMultiplyAdd: true },
}

/** Nothing that a missing figure turns into. */
const gaps = /undefined|NaN|Infinity|\[object/

describe('the page of a report', () => {
  const html = reportHtml(report)

  it('has every figure and no gap', () => {
    expect(html).not.toMatch(gaps)
    for (const figure of ['66,560', '268,292', '1,537', '5,255,766', '14,141', '18, 14, 1', '-141.4 ± 88.9', '125 MHz'])
      expect(html).toContain(figure)
  })

  it('has four plots, with points in them', () => {
    expect(html.match(/<svg /g)).toHaveLength(4)
    for (const svg of html.match(/<svg .*?<\/svg>/gs)!) expect(svg.match(/<path /g)!.length).toBeGreaterThan(5)
  })

  it('needs no script and no network', () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\((?!#)/)
    // names of namespaces are no addresses
    expect(html.replace(/ xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/)
  })

  it('is the same for the same report', () => {
    const unnumbered = (page: string) => page.replace(/zr\d+/g, 'zr')
    expect(unnumbered(reportHtml(report))).toBe(unnumbered(html))
  })

  it('escapes what comes from files and boards', () => {
    const hostile = '<script>alert("1")</script>&\u001b[31m'
    const page = reportHtml({
      ...report,
      task: hostile,
      board: { ...report.board, name: hostile, image: { ...report.board.image!, flags: hostile } },
      versions: { [hostile]: hostile },
    })
    expect(page).not.toContain('<script')
    expect(page).not.toContain('\u001b')
    expect(page).toContain('&lt;script&gt;')
  })

  it('says so where an action differed', () => {
    expect(reportHtml({ ...report, board: { ...report.board, bitExact: false } })).toContain('not all')
    expect(reportTable({ ...report, board: { ...report.board, bitExact: false } })).toContain('DIFFER')
  })
})

describe('the table of a report', () => {
  it('has every figure and no gap, in at most 110 columns but for remarks', () => {
    const table = reportTable(report)
    expect(table).not.toMatch(gaps)
    for (const figure of ['66,560', '1,537', '14,141 [14,096–14,511]', '371.7 x fewer', '-2.5 (100 episodes)'])
      expect(table).toContain(figure)
    for (const line of table.split('\n').filter((line) => /^[│┌├└]/.test(line))) expect(line.length).toBeLessThan(111)
  })
})

describe('figures and text', () => {
  it('choose a unit', () => {
    expect([12, 0.042, 113e-6, 4.21e-7].map(duration)).toEqual(['12 s', '42 ms', '113 µs', '421 ns'])
    expect(percent(96 / 66560)).toBe('0.144 %')
  })

  it('cannot move the cursor or turn text around', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a\ufffd[2Jb\ufffdc\ufffdd')
  })
})
