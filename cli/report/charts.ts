/** The plots of the pages. */
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import { axis, colours, draw, ink, key, line, mark, type Plot, rightSide, side } from './draw.ts'
import type { Histogram } from './histogram.ts'
import type { Report } from './report.ts'
import { grouped } from './words.ts'

const steps = () => axis('step', { type: 'value', max: 'dataMax' })

/** Return of the pruned student and its weights, over steps. */
export const trainingChart = ({ distillation: { curve } }: Report): Plot =>
  draw(
    () => ({
      xAxis: steps(),
      yAxis: [side('mean return'), rightSide('weights left')],
      series: [
        line(
          curve.map((p) => [p.step, p.return]),
          colours.student,
        ),
        line(
          curve.map((p) => [p.step, p.weights]),
          colours.other,
          { yAxisIndex: 1, lineStyle: { width: 2, type: 'dashed' } },
        ),
      ],
    }),
    [key('return, pruned (left)', colours.student), key('weights left (right)', colours.other, 'dashed')],
  )

/** The loss terms over steps, before their weights. */
export const lossChart = ({ distillation: { curve } }: Report): Plot =>
  draw(() => {
    const left = (of: (p: (typeof curve)[0]) => number, colour: string) =>
      line(
        curve.map((p) => [p.step, of(p)]),
        colour,
      )
    const right = { yAxisIndex: 1, lineStyle: { width: 2, type: 'dashed' } }
    return {
      xAxis: steps(),
      yAxis: [side('cloning, KL per weight'), rightSide('critic loss, mean Q')],
      series: [
        left((p) => p.clone, colours.student),
        left((p) => p.kl, colours.other),
        { ...left((p) => p.critic, colours.teacher), ...right },
        { ...left((p) => p.value, colours.faint), ...right },
      ],
    }
  }, [
    key('cloning (left)', colours.student),
    key('KL per weight (left)', colours.other),
    key('critic (right)', colours.teacher, 'dashed'),
    key('mean Q (right)', colours.faint, 'dashed'),
  ])

/** Return against weights over the cuts, pruned and tuned; the teacher as a line, the picked student marked. */
export function sweepChart({ distillation: { sweep, teacherPickReturn }, student }: Report): Plot {
  const points = [...sweep].sort((a, b) => a.weights - b.weights)
  const picked = points.filter((p) => p.threshold === student.threshold && p.budget === student.budget)
  return draw(
    () => ({
      xAxis: axis('weights', { type: 'value', scale: true }),
      yAxis: side('mean return'),
      series: [
        line(
          points.map((p) => [p.weights, p.prunedReturn]),
          colours.other,
          { lineStyle: { type: 'dashed' } },
        ),
        line(
          points.map((p) => [p.weights, p.tunedReturn]),
          colours.student,
          { markLine: mark({ yAxis: teacherPickReturn }, 'teacher') },
        ),
        {
          type: 'scatter',
          symbolSize: 16,
          z: 5,
          itemStyle: { color: 'transparent', borderColor: colours.teacher, borderWidth: 3 },
          data: picked.map((p) => [p.weights, p.tunedReturn]),
        },
      ],
    }),
    [
      key('pruned', colours.other, 'dashed'),
      key('pruned and tuned', colours.student),
      key('teacher; ring: the picked student', colours.teacher, 'dotted'),
    ],
  )
}

/** Median cycles of an inference, from 0, so that lengths compare. */
export function latencyChart(teacherCycles: Spread, studentCycles: Spread): Plot {
  const times = teacherCycles.median / studentCycles.median
  const bar = (value: number, colour: string, label: string, position: string) => ({
    value,
    itemStyle: { color: colour },
    label: { show: true, position, color: position === 'right' ? ink : '#fff', formatter: label },
  })
  return draw((narrow) => ({
    grid: { left: narrow ? 62 : 130, right: narrow ? 20 : 40, top: 10, bottom: 52 },
    xAxis: axis('cycles of an inference, median', { type: 'value', min: 0, splitNumber: narrow ? 2 : 5 }),
    yAxis: axis('', { type: 'category', data: narrow ? ['student', 'teacher'] : ['sparse student', 'dense teacher'] }),
    series: [
      {
        type: 'bar',
        barWidth: 46,
        barMinHeight: 1,
        data: [
          bar(
            studentCycles.median,
            colours.student,
            `${grouped(studentCycles.median)}: ${times.toPrecision(3)} × fewer`,
            times > 2 ? 'right' : 'insideRight',
          ),
          bar(teacherCycles.median, colours.teacher, grouped(teacherCycles.median), 'insideRight'),
        ],
      },
    ],
  }))
}

/** How often. deadline: milliseconds, a line, and the axis from 0 to there; without it the axis keeps to the sample */
export function timeChart({ from, width, counts }: Histogram, deadline?: number): Plot {
  const end = from + width * counts.length
  // outlined: [x, 0], [x, n], [x + width, n], ...
  const outline = [
    [from, 0],
    ...counts.flatMap((count, i) => [
      [from + i * width, count],
      [from + (i + 1) * width, count],
    ]),
    [end, 0],
  ]
  return draw((narrow) => ({
    xAxis: axis('milliseconds', { type: 'value', scale: deadline === undefined, splitNumber: narrow ? 3 : 6 }),
    yAxis: side('how often', { scale: false }),
    series: [
      line(outline, colours.student, {
        symbol: 'none',
        areaStyle: { color: colours.student },
        ...(deadline !== undefined && {
          markLine: mark({ xAxis: deadline }, `deadline ${Number(deadline.toPrecision(4))} ms`),
        }),
      }),
      // so that the axis reaches the line
      ...(deadline === undefined ? [] : [line([[1.04 * deadline, 0]], 'transparent')]),
    ],
  }))
}
