/** An ablation as one page: return against weights, a point a variant, bars for the 95 % intervals. */
import { axis, colours, draw, key, mark, type Plot, side } from '../report/draw.ts'
import { type Facts, figure, page, table, warning } from '../report/page.ts'
import { grouped, percent } from '../report/words.ts'
import type { Interval } from './interval.ts'
import { type AblationRow, COLUMNS, within } from './rows.ts'

/** one each for all that can be compared */
const palette = [
  colours.student,
  colours.other,
  '#c77dff',
  colours.faint,
  '#7f8c8d',
  '#4aa3df',
  '#e0b040',
  '#d1495b',
  '#5f9e3f',
  '#a8694a',
]

function chart(rows: readonly AblationRow[], teacher: Interval): Plot {
  const bars = rows.flatMap(({ weights, return: value }, i) => {
    const line = (data: number[][]) => ({
      type: 'line',
      symbol: 'none',
      data,
      color: palette[i],
      silent: true,
      lineStyle: { width: 2, color: palette[i] },
    })
    const [x, y] = [weights.half ?? 0, value.half ?? 0]
    const across = line([
      [Math.max(0, weights.mean - x), value.mean],
      [weights.mean + x, value.mean],
    ])
    return [
      across,
      line([
        [weights.mean, value.mean - y],
        [weights.mean, value.mean + y],
      ]),
    ]
  })
  const points = rows.map(({ weights, return: value }, i) => ({
    type: 'scatter',
    color: palette[i],
    symbolSize: 13,
    data: [[weights.mean, value.mean]],
    ...(i === 0 && { markLine: mark({ yAxis: teacher.mean }, 'teacher') }),
  }))
  return draw(
    (narrow) => ({
      xAxis: axis('weights', { type: 'value', scale: true, splitNumber: narrow ? 3 : 6 }),
      yAxis: side('mean return'),
      series: [...points, ...bars],
    }),
    [...rows.map(({ variant }, i) => key(variant, palette[i])), key('teacher', colours.teacher, 'dotted')],
  )
}

/** Fewer make intervals that say little: Student's t is 4.3 for three seeds, 12.7 for two. */
const ENOUGH = 4

export function ablationHtml(facts: Facts, rows: readonly AblationRow[], teacher: Interval): string {
  const { seeds } = rows[0].return
  const body = rows.map((r) => [
    r.variant,
    within(r.return, (x) => x.toFixed(1)),
    within(r.difference, (x) => x.toFixed(1)),
    r.retained ? within(r.retained, percent) : '',
    percent(r.fellRate.mean),
    percent(r.failureRate.mean),
    within(r.weights, (x) => grouped(Math.round(x))),
    within(r.keptOfTeacher, percent),
    within(r.keptOfStudent, percent),
    within(r.bytes, (x) => grouped(Math.round(x))),
    within(r.seconds, (x) => x.toFixed(0)),
  ])
  const few =
    seeds === 1
      ? 'A single seed: no interval, and a difference between variants may be chance.'
      : `Only ${seeds} seeds: their 95 % intervals are wide, and a variant that looks better may not be.`
  return page(
    `${facts.task}: what each part of the method is worth`,
    {
      ...facts,
      seeds: `${seeds}; mean ± half of the 95 % interval`,
      teacher: `return ${within(teacher, (x) => x.toFixed(1))}`,
    },
    `${seeds < ENOUGH ? warning(few) : ''}
${figure('Return against weights', chart(rows, teacher), 'bars: 95 % intervals over seeds; that of the weights ends at 0')}
${table(['', ...COLUMNS], body)}`,
  )
}
