/** Return against what it costs: a point each, with the interval of its mean, and the Pareto front. */
import { axis, colours, draw, ink, key, line, mark, type Plot, side, words } from '../report/draw.ts'
import { text } from '../report/page.ts'
import { grouped, percent } from '../report/words.ts'
import type { Kind } from './kind.ts'
import type { Compared, Measure, Row } from './rows.ts'
import { figure, kindAndWays, meanOf, measureWord, titleOf, unitOf } from './words.ts'

const symbols: Record<Kind['network'], string> = {
  sparse: 'circle',
  dense: 'rect',
  linear: 'triangle',
  teacher: 'diamond',
}

/** Of the states that it was trained on; a teacher has a colour of its own. */
const palette: Record<Kind['states'], string> = {
  offline: colours.student,
  'on-policy': colours.other,
  unknown: colours.faint,
}
const PAPER = '#c77dff'

const colourOf = ({ network, states }: Kind) => (network === 'teacher' ? colours.teacher : palette[states])

export const SYMBOLS =
  'circle: sparse, square: dense, triangle: linear, diamond: teacher; ringed: shipped with bpd; large: on the front'

const titles: Record<Measure, (compared: Compared) => string> = {
  bytes: () => 'bytes of the file',
  cost: unitOf,
  weights: () => 'weights',
}

/** A line each. */
function hoverOf(row: Row, compared: Compared): string {
  const { weights, bytes, cost, fellRate, failureRate, retained } = row
  const lines = [
    titleOf(row),
    kindAndWays(row, compared.teacher),
    `return ${meanOf(row)}, median ${figure(row.median)}`,
    `${grouped(weights)} weights, ${grouped(bytes)} bytes`,
    ...(cost === undefined ? [] : [`${grouped(cost)} ${unitOf(compared)}`]),
    `${percent(fellRate)} fell${failureRate === undefined ? '' : `, ${percent(failureRate)} failed`}`,
    ...(retained === undefined ? [] : [`${percent(retained)} of the return of ${compared.teacher}`]),
  ]
  return lines.map(text).join('\n')
}

export function frontChart(compared: Compared, measure: Measure): Plot {
  const { rows, paper, fronts } = compared
  const front = fronts[measure].map((number) => rows[number - 1])
  // front first: its points are the larger ones, whose numbers stay where they would overlap
  const there = [...front, ...rows.filter((row) => !front.includes(row))].flatMap((row) => {
    const at = row[measure]
    return at === undefined ? [] : [{ row, at }]
  })
  const points = there.map(({ row, at }, place) => ({
    value: [at, row.return.mean],
    symbolSize: place < front.length ? 15 : 11,
    symbol: symbols[row.network],
    itemStyle: { color: colourOf(row), ...(row.shipped && { borderColor: ink, borderWidth: 2 }) },
    label: { formatter: `${row.number}` },
  }))
  const asPoint = paper && measure === 'weights'
  const bars = there.map(({ row, at }) => {
    const { mean, half = 0 } = row.return
    const ends = [
      [at, mean - half],
      [at, mean + half],
    ]
    return line(ends, colourOf(row), { symbol: 'none', silent: true, z: 1 })
  })
  const all = [...there.map(({ at }) => at), ...(asPoint ? [paper.weights] : [])]
  const [from, to] = [below(Math.min(...all)), above(Math.max(...all))]
  const series = [
    {
      type: 'scatter',
      z: 5,
      data: points,
      itemStyle: { opacity: 1 },
      label: { show: true, position: 'top', color: words },
      labelLayout: { hideOverlap: true },
    },
    line(
      there.slice(0, front.length).map(({ row, at }) => [at, row.return.mean]),
      ink,
      { step: 'end', symbol: 'none', silent: true, lineStyle: { width: 1, type: 'dashed' } },
    ),
    ...bars,
    ...(asPoint
      ? [{ type: 'scatter', symbol: 'pin', symbolSize: 20, color: PAPER, data: [[paper.weights, paper.studentReturn]] }]
      : []),
    // its file and its instructions are not known: a line, which the axis is to reach
    ...(paper && !asPoint
      ? [
          line([[from, paper.studentReturn]], 'transparent', {
            symbol: 'none',
            silent: true,
            markLine: paperLine(paper.studentReturn, paper.weights),
          }),
        ]
      : []),
  ]
  const names: [string, (kind: Kind) => boolean, string][] = [
    ['ours, offline', ({ states }) => states === 'offline', palette.offline],
    ['ours, on-policy', ({ states }) => states === 'on-policy', palette['on-policy']],
    ['origin unknown', ({ network, states }) => network !== 'teacher' && states === 'unknown', palette.unknown],
    ['teacher', ({ network }) => network === 'teacher', colours.teacher],
  ]
  return draw(
    (narrow) => ({
      xAxis: axis(titles[measure](compared), { type: 'log', min: from, max: to }),
      yAxis: side('mean return', { splitNumber: narrow ? 4 : 5 }),
      series,
    }),
    [
      ...names.filter(([, is]) => rows.some(is)).map(([name, , colour]) => key(name, colour)),
      ...(paper ? [key('the paper', PAPER, asPoint ? 'solid' : 'dotted')] : []),
      key('Pareto front', ink, 'dashed'),
    ],
    (series, place) => {
      if (series === 0) return hoverOf(there[place].row, compared)
      if (asPoint && series === 2 + bars.length)
        return text(`the paper: ${grouped(paper.weights)} weights, return ${figure(paper.studentReturn)}`)
      return undefined
    },
  )
}

const paperLine = (at: number, weights: number) => {
  const drawn = mark({ yAxis: at }, `the paper: ${grouped(weights)} weights`)
  return { ...drawn, lineStyle: { ...drawn.lineStyle, color: PAPER } }
}

/** The next 1, 2 or 5 times a power of ten that leaves room for a point. */
function below(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x / 1.2))
  return power * [5, 2, 1].find((digit) => digit * power <= x / 1.2)!
}

function above(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x * 1.2))
  return power * [2, 5, 10].find((digit) => digit * power >= x * 1.2)!
}

export const chartTitle = (measure: Measure, compared: Compared): string =>
  `Return against ${measureWord(measure, compared)}`
