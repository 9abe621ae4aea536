/** Plots of a study's report as SVG that GitHub shows, in the reader's light or dark. */
import type { Report } from '../../trainer/studies/report/report.ts'
import type { Estimate } from '../../trainer/studies/statistics/bootstrap.ts'
import { percent } from '../report/words.ts'
import { differenceWords, interquartileWords, scoreWords, within } from './table.ts'

/** Colours that those who see few tell apart (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d1f', '#6e7781']

// a ground of its own: opened by itself it would lie on white in the dark too
const STYLE = `
svg { background: #ffffff }
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1; stroke-dasharray: 2 3 }
.zero { stroke: #6e7781; stroke-dasharray: none }
@media (prefers-color-scheme: dark) { svg { background: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } }`

const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A name where there is room for so many characters; whole where a pointer rests on it. */
function named(value: string, most: number): string {
  const letters = [...value]
  return letters.length <= most
    ? text(value)
    : `${text(letters.slice(0, most - 1).join(''))}…<title>${text(value)}</title>`
}

const picture = (title: string, width: number, height: number, body: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${text(title).replaceAll('"', '&quot;')}">
<style>${STYLE}
</style>
<text class="title" x="10" y="20">${text(title)}</text>
${body.join('\n')}
</svg>
`

const fixed = (x: number) => x.toFixed(1)

/** Straight scale between two ranges. */
const scale = (low: number, high: number, from: number, to: number) => (x: number) =>
  from + ((Math.min(high, Math.max(low, x)) - low) / (high - low || 1)) * (to - from)

const variantsOf = (report: Report): string[] => [...new Set(report.rows.map((row) => row.variant))]
const colourOf = (report: Report, variant: string): string =>
  COLOURS[variantsOf(report).indexOf(variant) % COLOURS.length]

/** One line of a plot: a variant at a number of weights. */
interface Bar {
  variant: string
  budget?: number
  of: Estimate
  words: string
}

/** of the axis of a bar plot */
const [LEFT, RIGHT] = [120, 620]

/** Estimates with their intervals, a line a variant, a part a number of weights; what goes beyond the axis ends at it in an arrow. */
function barPlot(
  report: Report,
  title: string,
  bars: readonly Bar[],
  axis: { low: number; high: number; steps: number; write: (x: number) => string },
): string {
  const { low, high, steps, write } = axis
  const x = scale(low, high, LEFT, RIGHT)
  const beyond = bars.some(({ of }) => of.low < low || of.high > high)
  const body: string[] = []
  let y = 46
  for (const budget of new Set(bars.map((bar) => bar.budget))) {
    const name =
      budget === undefined
        ? 'own pick'
        : budget <= 1
          ? `${percent(budget)} of the paper's weights`
          : `${budget} weights`
    body.push(`<text x="10" y="${y}">${name}</text>`)
    for (const { variant, of, words } of bars.filter((bar) => bar.budget === budget)) {
      y += 20
      const colour = colourOf(report, variant)
      body.push(
        `<text x="112" y="${y + 4}" text-anchor="end">${named(variant, 17)}</text>`,
        `<line x1="${fixed(x(of.low))}" x2="${fixed(x(of.high))}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="6" opacity="0.45"/>`,
        ...(of.low < low ? [`<path d="M${LEFT} ${y}l10 -6v12z" fill="${colour}"/>`] : []),
        ...(of.high > high ? [`<path d="M${RIGHT} ${y}l-10 -6v12z" fill="${colour}"/>`] : []),
        ...(of.value < low || of.value > high
          ? []
          : [`<circle cx="${fixed(x(of.value))}" cy="${y}" r="4.5" fill="${colour}"/>`]),
        `<text x="630" y="${y + 4}">${text(words)}</text>`,
      )
    }
    y += 30
  }
  const grid = Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps).map(
    (value) =>
      `<line class="grid${value === 0 ? ' zero' : ''}" x1="${fixed(x(value))}" x2="${fixed(x(value))}" y1="52" y2="${y - 18}"/><text x="${fixed(x(value))}" y="${y}" text-anchor="middle">${write(value)}</text>`,
  )
  return picture(`${title}${beyond ? '; arrows: further' : ''}`, 880, y + 14, [...grid, ...body])
}

/** Interquartile means over the teachers and seeds that all variants have. */
export function intervalPlot(report: Report): string {
  const write = scoreWords(report)
  const ends = report.summaries.flatMap(({ interquartile: { low, high } }) => [low, high])
  const [low, high] =
    report.score === 'retained'
      ? [0, Math.ceil(4 * Math.max(1.1, ...ends)) / 4]
      : [Math.min(...ends), Math.max(...ends, 0)]
  const bars = report.summaries.map((one) => ({ ...one, of: one.interquartile, words: interquartileWords(one, write) }))
  // at quarters of the teacher's return
  const steps = report.score === 'retained' ? 4 * high : 4
  return barPlot(report, `${report.study}: interquartile mean of ${report.score}, 95 % intervals`, bars, {
    low,
    high,
    steps,
    write,
  })
}

/** Paired differences to the baseline, each over all that the two have in common. */
export function differencePlot(report: Report): string {
  const { head, write } = differenceWords(report)
  const ends = report.comparisons.flatMap(({ paired: { low, high } }) => [Math.abs(low), Math.abs(high)])
  // a quarter of the teacher's return either way shows what is near; the words say how far the rest is
  const most = report.score === 'retained' ? 0.25 : Math.max(...ends, 1e-9)
  const bars = report.comparisons.map((one) => {
    const { paired: of, teachers, seeds } = one
    return { ...one, of, words: `${within(of, write)}, ${teachers.length} x ${seeds}` }
  })
  const title = `${report.study}: ${head}, to ${report.baseline}, 95 % intervals, teachers x seeds`
  return barPlot(report, title, bars, { low: -most, high: most, steps: 4, write })
}

interface Line {
  name: string
  colour: string
  points: [number, number][]
  faint?: boolean
}

/** Lines over axes, with a key below. */
function linePlot(
  title: string,
  lines: readonly Line[],
  axes: { x: string; y: string; write: (x: number) => string; writeY: (y: number) => string },
): string {
  const all = lines.flatMap(({ points }) => points)
  const range = (i: 0 | 1) => [Math.min(...all.map((p) => p[i])), Math.max(...all.map((p) => p[i]))] as const
  const [[x0, x1], [y0, y1]] = [range(0), range(1)]
  const [x, y] = [scale(x0, x1, 80, 790), scale(y0, y1, 300, 50)]
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  const grid = ticks.flatMap((share) => {
    const [vx, vy] = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)]
    return [
      `<line class="grid" x1="80" x2="790" y1="${fixed(y(vy))}" y2="${fixed(y(vy))}"/><text x="74" y="${fixed(y(vy) + 4)}" text-anchor="end">${axes.writeY(vy)}</text>`,
      `<text x="${fixed(x(vx))}" y="318" text-anchor="middle">${axes.write(vx)}</text>`,
    ]
  })
  const drawn = lines.map(
    ({ colour, points, faint }) =>
      `<polyline fill="none" stroke="${colour}" stroke-width="2"${faint ? ' opacity="0.6"' : ''} points="${points.map(([px, py]) => `${fixed(x(px))},${fixed(y(py))}`).join(' ')}"/>`,
  )
  const names = [...new Map(lines.map(({ name, colour }) => [name, colour]))]
  const key = names.map(([name, colour], i) => {
    const [kx, ky] = [80 + (i % 4) * 180, 360 + Math.floor(i / 4) * 20]
    return `<line x1="${kx}" x2="${kx + 22}" y1="${ky - 4}" y2="${ky - 4}" stroke="${colour}" stroke-width="3"/><text x="${kx + 28}" y="${ky}">${named(name, 24)}</text>`
  })
  const labels = [
    `<text x="435" y="338" text-anchor="middle">${text(axes.x)}</text>`,
    `<text x="10" y="40">${text(axes.y)}</text>`,
  ]
  return picture(title, 820, 370 + 20 * Math.floor(names.length / 4), [...grid, ...drawn, ...labels, ...key])
}

/** Share of the runs above a score, at one number of weights. */
export function profilePlot(report: Report, budget: number | undefined): string {
  const write = scoreWords(report)
  const lines = report.summaries
    .filter((one) => one.budget === budget)
    .map(
      ({ variant, profile }): Line => ({
        name: variant,
        colour: colourOf(report, variant),
        points: profile.map(({ value }, i) => [report.thresholds[i], value]),
      }),
    )
  const where =
    budget === undefined ? '' : ` at ${budget <= 1 ? `${percent(budget)} of the paper's weights` : `${budget} weights`}`
  return linePlot(`${report.study}: performance profile${where}`, lines, {
    x: report.score,
    y: 'share of the runs above',
    write,
    writeY: (y) => `${Math.round(100 * y)} %`,
  })
}

/** Return of the pruned student over the steps of its training, one teacher. */
export function curvePlot(report: Report, teacher: string): string {
  const lines = report.curves
    .filter((curve) => curve.teacher === teacher)
    .map(
      ({ variant, points }): Line => ({
        name: variant,
        colour: colourOf(report, variant),
        faint: true,
        points: points.map((point) => [point.step, point.return ?? 0]),
      }),
    )
  return linePlot(`${report.study}, ${teacher}: return of the student pruned as it trains`, lines, {
    x: 'critic steps',
    y: 'return',
    write: (x) => Math.round(x).toLocaleString('en-US'),
    writeY: (y) => Math.round(y).toLocaleString('en-US'),
  })
}

/** All plots of a report, by the name of their file. */
export function plotsOf(report: Report): Map<string, string> {
  const plots = new Map<string, string>()
  if (report.summaries.length) plots.set(`${report.study}-intervals.svg`, intervalPlot(report))
  if (report.comparisons.length) plots.set(`${report.study}-differences.svg`, differencePlot(report))
  for (const budget of new Set(report.summaries.map((one) => one.budget)))
    plots.set(
      `${report.study}-profile${budget === undefined ? '' : `-${String(budget).replace('.', '_')}`}.svg`,
      profilePlot(report, budget),
    )
  for (const teacher of new Set(report.curves.map((curve) => curve.teacher)))
    plots.set(`${report.study}-curve-${teacher.replace(/[^\w-]+/g, '_')}.svg`, curvePlot(report, teacher))
  return plots
}
