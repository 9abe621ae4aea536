/** An ablation as one page: return against weights, a point a variant, bars for the 95 % intervals. */
import { axis, colours, draw, ink, side } from '../report/charts.ts'
import { page, plot, row, text } from '../report/page.ts'
import { grouped, percent } from '../report/words.ts'
import type { Interval } from './interval.ts'
import type { AblationRow } from './rows.ts'

const palette = [colours.student, colours.other, '#c77dff', colours.faint, '#7f8c8d', '#4aa3df', '#e0b040']

const within = ({ mean, half }: Interval, write: (x: number) => string) =>
  half === undefined ? write(mean) : `${write(mean)} ± ${write(half)}`

function chart(rows: readonly AblationRow[], teacher: Interval): string {
  const bars = rows.flatMap(({ weights, return: value }, i) => {
    const line = (data: number[][]) => ({
      ...{ type: 'line', symbol: 'none', data, color: palette[i], silent: true },
      lineStyle: { width: 2, color: palette[i] },
    })
    const [x, y] = [weights.half ?? 0, value.half ?? 0]
    const across = line([
      [weights.mean - x, value.mean],
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
  const points = rows.map(({ variant, weights, return: value }, i) => ({
    ...{ type: 'scatter', name: variant, color: palette[i], symbolSize: 13, data: [[weights.mean, value.mean]] },
    ...(i === 0
      ? {
          markLine: {
            ...{ silent: true, symbol: 'none', data: [{ yAxis: teacher.mean }] },
            lineStyle: { color: colours.teacher, type: 'dotted', width: 2 },
            label: { formatter: 'teacher', position: 'insideEndTop', color: colours.teacher },
          },
        }
      : {}),
  }))
  return draw({
    legend: { top: 8, itemGap: 24, data: rows.map((r) => r.variant), textStyle: { color: ink } },
    xAxis: axis('weights', { type: 'value', scale: true }),
    yAxis: side('mean return'),
    series: [...points, ...bars],
  })
}

export function ablationHtml(task: string, rows: readonly AblationRow[], teacher: Interval): string {
  const seeds = rows[0].return.seeds
  const body = rows.map((r) =>
    row([
      ...[r.variant, within(r.return, (x) => x.toFixed(1)), within(r.difference, (x) => x.toFixed(1))],
      ...[r.retained ? within(r.retained, percent) : '', within(r.weights, (x) => grouped(Math.round(x)))],
      ...[within(r.keptOfTeacher, percent), within(r.keptOfStudent, percent)],
      ...[within(r.bytes, (x) => grouped(Math.round(x))), within(r.seconds, (x) => x.toFixed(0))],
    ]),
  )
  const head = ['', 'return', 'minus teacher', 'retained', 'weights', 'of teacher', 'of student', 'bytes', 'seconds']
  return page(
    `bpd: variants on ${task}`,
    `<h1>${text(task)}: what each part of the method is worth</h1>
<p>${seeds} seeds, mean ± half of the 95 % interval; teacher ${text(within(teacher, (x) => x.toFixed(1)))}.</p>
${plot('Return against weights', chart(rows, teacher), 'bars: 95 % intervals over seeds')}
<div class="table"><table>
<tr>${head.map((h) => `<th>${text(h)}</th>`).join('')}</tr>
${body.join('\n')}
</table></div>`,
  )
}
