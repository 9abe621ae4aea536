import { describe, expect, it } from 'vitest'
import { reportHtml } from '../../cli/report/html.ts'
import { reportTable } from '../../cli/report/table.ts'
import { duration, percent, printable } from '../../cli/report/words.ts'
import { sampleReport as report } from '../support/sample-report.ts'

/** Nothing that a missing figure turns into. */
const gaps = /undefined|NaN|Infinity|\[object/

describe('the page of a report', () => {
  const html = reportHtml(report)

  it('has every figure and no gap', () => {
    expect(html).not.toMatch(gaps)
    for (const figure of ['66,560', '268,292', '1,537', '5,255,766', '14,141', '18, 14, 1', '-141.4 ± 88.9', '125 MHz'])
      expect(html).toContain(figure)
  })

  it('has four plots, for a screen and for a phone, with points in them', () => {
    expect(html.match(/<svg /g)).toHaveLength(8)
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
  it('has every figure and no gap, in at most 100 columns but for remarks', () => {
    const table = reportTable(report)
    expect(table).not.toMatch(gaps)
    for (const figure of ['66,560', '1,537', '14,141', '14,096–14,511', '371.7 x fewer', '-2.5 ± 1.3 (100 episodes)'])
      expect(table).toContain(figure)
    for (const line of table.split('\n').filter((line) => /^[│┌├└]/.test(line))) expect(line.length).toBeLessThan(101)
  })

  it('has every figure in 60 columns too, a line each', () => {
    const [wide, narrow] = [reportTable(report, 120), reportTable(report, 60)]
    const figures = (text: string) => text.match(/\d[\d,.]*/g)
    expect(figures(narrow)).toEqual(figures(wide))
    const rows = narrow.split('\n').slice(0, -4)
    expect(Math.max(...rows.map((line) => line.length))).toBeLessThanOrEqual(60)
  })
})

describe('figures and text', () => {
  it('choose a unit', () => {
    expect([12, 0.042, 113e-6, 4.21e-7].map(duration)).toEqual(['12 s', '42 ms', '113 µs', '421 ns'])
    expect(percent(96 / 66560)).toBe('0.14 %')
    expect([0.98412, 1, 0.0246, -0.000898, 0.00001, -0.00001, 0].map(percent)).toEqual([
      '98.4 %',
      '100 %',
      '2.46 %',
      '-0.09 %',
      'under 0.01 %',
      '0 %',
      '0 %',
    ])
  })

  it('cannot move the cursor or turn text around', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a\ufffd[2Jb\ufffdc\ufffdd')
  })
})
