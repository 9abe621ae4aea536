/** Every page that a verb writes: what it names, how it is built, and that a phone shows it whole. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ablationHtml } from '../../cli/ablate/html.ts'
import type { AblationRow } from '../../cli/ablate/rows.ts'
import { comparedPage } from '../../cli/compare/page.ts'
import { type BenchResult, benchPage } from '../../cli/report/bench.ts'
import { colours } from '../../cli/report/draw.ts'
import { reportHtml } from '../../cli/report/html.ts'
import { type LoopResult, loopPage } from '../../cli/report/loop.ts'
import { ablateVerb } from '../../cli/verbs/ablate.ts'
import { hasChromium, titleOf } from '../support/chromium.ts'
import { AA, contrast, themesOf } from '../support/contrast.ts'
import { describeWith } from '../support/require.ts'
import { sampleCompared } from '../support/sample-compared.ts'
import { sampleReport } from '../support/sample-report.ts'

const date = '2026-03-04T05:06:07.000Z'
const signature = { keyId: '0123456789abcdef', counter: 7 }
const policy = { weights: 76, bytes: 1187, crc: 0x00c0ffee, signature }
const cycles = (median: number) => ({
  min: median - 9,
  median,
  p99: median + 5,
  max: median + 9,
  jitter: 18,
  count: 20,
})
const milliseconds = { min: 0.4, median: 0.5, p99: 0.9, max: 1.2, jitter: 0.8, count: 200 }
const counter = 'core cycles, counted inside the board'

const bench = {
  port: 'pico-emulator',
  date,
  task: 'pendulum',
  board: { name: 'pico', clockHz: 125e6, counter, staticBytes: 12504, stackUsed: 548, stackBytes: 4096 },
  image: { name: 'rp2040', compiler: 'gcc 12.2', flags: '-O3 -ffreestanding' },
  teacher: {
    file: 'teacher.safetensors',
    weights: 66560,
    bytes: 268748,
    crc: 1,
    signature: null,
    cycles: cycles(4_710_143),
  },
  student: { file: 'models/pendulum/student.bpd', ...policy, cycles: cycles(11_237) },
  speedup: 419.2,
} as unknown as BenchResult
bench.board.imageBytes = 21660
bench.board.fileBytes = 523776

const loop: LoopResult = {
  date,
  port: 'pico-emulator',
  board: { name: 'pico', clockHz: 125e6, counter },
  policy,
  return: { mean: -128, std: 0.5, episodes: 2 },
  returns: [-128.5, -127.5],
  steps: 400,
  comparedActions: 400,
  bitExact: true,
  cycles: cycles(11_284),
  roundTripMs: milliseconds,
  histogram: { unit: 'ms', from: 0.4, width: 0.025, counts: Array.from({ length: 20 }, (_, i) => 20 - i), above: 2 },
  realTime: { hz: 50, misses: 0, failsafes: 0, intervalMs: milliseconds, jitterMs: milliseconds },
  counters: {
    board: { interval: 20, clampedObservations: 0, badObservations: 0, bounded: 3, badCrc: 0, overruns: 0 },
    host: { retries: 0, bad: 0 },
  } as unknown as LoopResult['counters'],
  boardJitterMs: { mean: 0.1, worst: 0.4 },
  logged: 100,
}

const facts = { task: 'pendulum', policy: 'students of teacher.safetensors', board: 'none', date }
const rows = (seeds: number, variants: readonly string[] = ['bpd', 'magnitude']): AblationRow[] =>
  variants.map((variant, i) => {
    const of = (mean: number) => ({ mean, half: 3 * mean, seeds })
    const share = { keptOfTeacher: of(0.002), keptOfStudent: of(0.02) }
    const rest = { weights: of(100 + i), bytes: of(1402), seconds: of(27), fellRate: of(0), failureRate: of(0.1) }
    return { variant, return: { mean: -150, half: 9, seeds }, difference: of(-2), ...share, ...rest }
  })
const ablation = (seeds: number) => ablationHtml(facts, rows(seeds), { mean: -148, half: 8, seeds })

const pages: Record<string, string> = {
  demo: reportHtml(sampleReport),
  bench: await benchPage(bench),
  loop: await loopPage('pendulum', 0.05, 'models/pendulum/student.bpd', loop),
  ablate: ablation(2),
  compare: comparedPage(sampleCompared),
}
const names = Object.keys(pages)

const contenders: string[] = ablateVerb.options.find(({ long }) => long === '--variants')?.defaultValue

/** Texts in the axis of the plots, as numbers. */
const ticks = (page: string) => [...page.matchAll(/<text[^>]*>(-?[\d.]+)<\/text>/g)].map(([, tick]) => Number(tick))

describe('the page of an ablation', () => {
  it('has a colour for everything that can be compared', () => {
    const all = ablationHtml(facts, rows(2, contenders), { mean: -148, half: 8, seeds: 2 })
    expect(contenders.length).toBeGreaterThan(5)
    expect(all).not.toContain('undefined')
    const legend = [...all.matchAll(/border-color: (#\w+)/g)].map(([, colour]) => colour)
    expect(legend.length).toBeGreaterThan(contenders.length)
    expect(new Set(legend).size).toBe(legend.length)
  })
})

describe('every page', () => {
  it.each(names)('of %s names its task, policy, board and date', (name) => {
    for (const fact of ['task', 'policy', 'board', 'date']) expect(pages[name]).toMatch(`<dt>${fact}</dt><dd>`)
    expect(pages[name]).toContain('2026-03-04 05:06 UTC')
  })

  it.each(names.filter((name) => !['ablate', 'compare'].includes(name)))(
    'of %s names the policy by file, size and CRC-32',
    (name) => {
      expect(pages[name]).toMatch(/student\.bpd, \d+ weights, [\d,]+ bytes, CRC-32 00c0ffee/)
    },
  )

  it('says by which key a policy is signed, or that it is not', () => {
    const signed = 'signed by key 0123456789abcdef, counter 7'
    expect(pages.loop).toContain(`CRC-32 00c0ffee, ${signed}</dd>`)
    expect(pages.bench).toContain(signed)
    expect(pages.bench).toContain('268,748 bytes, CRC-32 00000001, not signed')
    expect(pages.demo).toContain('CRC-32 00c0ffee, not signed')
    const [first, ...others] = sampleCompared.rows
    expect(pages.compare).not.toContain('signed')
    const compared = comparedPage({ ...sampleCompared, rows: [{ ...first, signature }, ...others] })
    expect(compared).toContain('data-of="signed">by key 0123456789abcdef, counter 7<')
  })

  it.each(names)('of %s has tables for tables, and no terminal’s', (name) => {
    expect(pages[name]).toContain('<th scope="row">')
    expect(pages[name]).not.toMatch(/[─│┌█]/)
  })

  it.each(names)('of %s has tables that keys scroll where they are wider than the page, each by its name', (name) => {
    const around = [...pages[name].matchAll(/<div class="table[^"]*"([^>]*)><table>/g)].map(
      ([, attributes]) => attributes,
    )
    expect(around.length).toBe(pages[name].split('<table>').length - 1)
    for (const attributes of around) expect(attributes).toMatch(/ tabindex="0" role="region" aria-label="Table: [^"]+"/)
  })

  it.each(names)('of %s draws each plot for a screen and for a phone, both of which scale', (name) => {
    const svgs = pages[name].match(/<svg [^>]*>/g) ?? []
    expect(svgs.length).toBeGreaterThan(1)
    for (const svg of svgs) expect(svg).toMatch(/^(?!.* width=).* viewBox="0 0 (760|340) \d+"/)
  })

  it.each(names)('of %s says to those who see no plot what it shows', (name) => {
    const plots = [...pages[name].matchAll(/<div ([^>]*)><svg /g)].map(([, attributes]) => attributes)
    expect(plots.length).toBe(pages[name].split('<svg ').length - 1)
    for (const plot of plots) expect(plot).toMatch(/role="img" aria-label="[^"]{10,}"/)
  })

  it.each(names)('of %s writes on its plots in colours that can be read, in light and in dark', (name) => {
    const fills = new Set([...pages[name].matchAll(/<text [^>]*fill="([^"]*)"/g)].map(([, fill]) => fill))
    expect(fills).toContain('var(--soft)')
    for (const theme of themesOf(pages[name]))
      for (const fill of fills) {
        const [, named] = /^var\(--(\w+)\)$/.exec(fill) ?? []
        // what has no name in the style is the same in light and dark: it is on a bar
        const places = named ? [theme.card, theme.paper] : [colours.student, colours.teacher]
        for (const place of places) expect(contrast(named ? theme[named] : fill, place)).toBeGreaterThanOrEqual(AA)
      }
  })

  it.each(names)('of %s follows light and dark', (name) => {
    expect(pages[name]).toContain('@media (prefers-color-scheme: dark)')
  })
})

describe('what a page draws', () => {
  it('bars of cycles begin at 0: 419 times as many are 419 times as long', () => {
    const [, figure] = pages.bench.split('<h2>Latency on the board')
    expect(ticks(figure)[0]).toBe(0)
    const bars = [...figure.matchAll(/d="M[\d.]+ [\d.]+l([\d.]+) [^"]*Z" fill="#(?:2a9d8f|e76f51)"/g)]
    const lengths = bars.map(([, length]) => Number(length))
    expect(lengths.length).toBe(4)
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeGreaterThan(100)
  })

  it('a difference of returns has its interval', () => {
    expect(pages.demo).toContain('<b>-2.5 ± 1.3</b>')
  })

  it('a legend says which curves belong to the right axis', () => {
    for (const name of ['weights left', 'critic', 'mean Q']) expect(pages.demo).toContain(`${name} (right)</li>`)
  })

  it('the loop has its deadline as a line, of the rate that it ran at', () => {
    expect(pages.loop.match(/>deadline 20 ms</g)).toHaveLength(2)
    expect(pages.loop).toContain('Round trip, closer')
  })

  it('an ablation has no weights below 0', () => {
    const [, figure] = pages.ablate.split('<h2>Return against weights')
    expect(Math.min(...ticks(figure).filter((tick) => tick > -100))).toBe(0)
  })

  it('few seeds are warned of, enough are not', () => {
    expect(ablation(2)).toContain('Only 2 seeds')
    expect(ablation(3)).toContain('Only 3 seeds')
    expect(ablation(5)).not.toContain('class="warning"')
  })
})

describeWith('chromium', hasChromium)('in a browser, on a phone of 400 pixels', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-pages-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('no page scrolls sideways', { timeout: 120_000 }, async () => {
    const escaped = (page: string) => page.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
    const wide = `<!doctype html><meta name="viewport" content="width=device-width"><pre>${'x'.repeat(500)}</pre>`
    const frames = [...Object.values(pages), wide].map(
      (html) => `<iframe width="400" height="900" srcdoc="${escaped(html)}">`,
    )
    const script = `addEventListener('load', () => {
      const width = (frame) => frame.contentDocument.documentElement.scrollWidth - frame.contentDocument.documentElement.clientWidth
      document.title = JSON.stringify([...document.querySelectorAll('iframe')].map(width))
    })`
    const file = join(folder, 'phone.html')
    writeFileSync(file, `<!doctype html><title></title><script>${script}</script>${frames.join('</iframe>')}</iframe>`)
    const beyond = JSON.parse((await titleOf(`file://${file}`)) || 'null') as number[]
    // the last one is there to show that the test sees it
    expect(beyond.pop()).toBeGreaterThan(0)
    expect(beyond).toEqual(names.map(() => 0))
  })
})
