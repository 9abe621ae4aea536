/** The plots of the pages. */
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import {
  type CurvePoint,
  type Cut,
  curveScore,
  measureOf,
  prunedScore,
  type SweepPoint,
  tunedScore,
} from '../../trainer/distill/points.ts'
import { axis, colours, draw, key, line, mark, type Plot, rightSide, side, words } from './draw.ts'
import type { Histogram } from './histogram.ts'
import { grouped } from './words.ts'

const steps = () => axis('step', { type: 'value', max: 'dataMax' })

/** How the figures of a judge are drawn: a return as it is, an error in per cent. */
const axes = {
  return: { title: 'mean return', short: 'return', of: (x: number) => x },
  error: { title: 'RMSE, % of the range', short: 'error', of: (x: number) => 100 * x },
}

/** Return or error of the pruned student and its weights, over steps. */
export function trainingChart(curve: readonly CurvePoint[]): Plot {
  const { title, short, of } = axes[curve[0]?.error === undefined ? 'return' : 'error']
  return draw(
    () => ({
      xAxis: steps(),
      yAxis: [side(title), rightSide('weights left')],
      series: [
        line(
          curve.map((p) => [p.step, of(curveScore(p))]),
          colours.student,
        ),
        line(
          curve.map((p) => [p.step, p.weights]),
          colours.other,
          { yAxisIndex: 1, lineStyle: { width: 2, type: 'dashed' } },
        ),
      ],
    }),
    [key(`${short}, pruned (left)`, colours.student), key('weights left (right)', colours.other, 'dashed')],
  )
}

/** The loss terms over steps, before their weights. */
export const lossChart = (curve: readonly CurvePoint[]): Plot =>
  draw(() => {
    const left = (of: (p: CurvePoint) => number, colour: string) =>
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

export interface Sweep {
  sweep: readonly SweepPoint[]
  /** what was picked: its cut */
  picked: Cut
  /** a figure to compare with */
  mark: { at: number; label: string }
}

/** Return or error against weights over the cuts, pruned and tuned; what they are compared with as a line, the picked student marked. */
export function sweepChart({ sweep, picked, mark: { at, label } }: Sweep): Plot {
  const points = [...sweep].sort((a, b) => a.weights - b.weights)
  const ringed = points.filter((p) => p.threshold === picked.threshold && p.budget === picked.budget)
  const { title, of } = axes[measureOf(points[0])]
  return draw(
    () => ({
      xAxis: axis('weights', { type: 'value', scale: true }),
      yAxis: side(title),
      series: [
        line(
          points.map((p) => [p.weights, of(prunedScore(p))]),
          colours.other,
          { lineStyle: { type: 'dashed' } },
        ),
        line(
          points.map((p) => [p.weights, of(tunedScore(p))]),
          colours.student,
          { markLine: mark({ yAxis: of(at) }, label) },
        ),
        {
          type: 'scatter',
          symbolSize: 16,
          z: 5,
          itemStyle: { color: 'transparent', borderColor: colours.teacher, borderWidth: 3 },
          data: ringed.map((p) => [p.weights, of(tunedScore(p))]),
        },
      ],
    }),
    [
      key('pruned', colours.other, 'dashed'),
      key('pruned and tuned', colours.student),
      key(`${label}; ring: the picked student`, colours.teacher, 'dotted'),
    ],
  )
}

/** text on the colours of both bars */
const ON_BAR = '#10201e'

/** Median cycles of an inference, from 0, so that lengths compare. */
export function latencyChart(teacherCycles: Spread, studentCycles: Spread): Plot {
  const times = teacherCycles.median / studentCycles.median
  const bar = (value: number, colour: string, label: string, position: string) => ({
    value,
    itemStyle: { color: colour },
    label: { show: true, position, color: position === 'right' ? words : ON_BAR, formatter: label },
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
