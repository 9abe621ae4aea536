/** Plots of a report as inline SVG: no script, readable on light and dark. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import type { Histogram } from './histogram.ts'
import type { Report } from './report.ts'
import { grouped } from './words.ts'

echarts.use([
  ...[LineChart, BarChart, ScatterChart, SVGRenderer],
  ...[GridComponent, LegendComponent, MarkLineComponent, MarkPointComponent],
])

export const ink = '#808890'
export const colours = { student: '#2a9d8f', teacher: '#e76f51', other: '#8093f1', faint: '#b0a060' }
const size = { width: 760, height: 340 }

export function draw(option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size })
  chart.setOption({
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { color: ink, fontFamily: 'system-ui, sans-serif' },
    grid: { left: 70, right: 70, top: 50, bottom: 55 },
    legend: { top: 8, itemGap: 28, textStyle: { color: ink } },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  // scales with the page; the hover rules are for charts with script
  return svg
    .replace(/<svg width="\d+" height="\d+"/, '<svg role="img"')
    .replace(/<style\b.*?<\/style>/s, '')
    .replace(/ (class|ecmeta_\w+)="[^"]*"/g, '')
}

export const axis = (name: string, more: object = {}) => ({
  name,
  nameLocation: 'middle',
  nameGap: 32,
  nameTextStyle: { color: ink },
  axisLabel: { color: ink, hideOverlap: true },
  axisLine: { show: true, lineStyle: { color: ink } },
  splitLine: { lineStyle: { color: '#80808030' } },
  ...more,
})
export const side = (name: string, more: object = {}) =>
  axis(name, { type: 'value', nameGap: 50, scale: true, ...more })
const line = (name: string, data: number[][], color: string, more: object = {}) => ({
  ...{ name, data, color, type: 'line', symbol: 'circle', symbolSize: 5, lineStyle: { width: 2 } },
  ...more,
})

/** Return of the pruned student and its weights, over steps. */
export const trainingChart = ({ distillation: { curve } }: Report): string =>
  draw({
    xAxis: axis('step', { type: 'value', max: 'dataMax' }),
    yAxis: [side('mean return'), side('weights left', { splitLine: { show: false } })],
    series: [
      line(
        'return, pruned',
        curve.map((p) => [p.step, p.return]),
        colours.student,
      ),
      line(
        'weights left',
        curve.map((p) => [p.step, p.weights]),
        colours.other,
        { yAxisIndex: 1 },
      ),
    ],
  })

/** The loss terms over steps, before their weights. */
export const lossChart = ({ distillation: { curve } }: Report): string =>
  draw({
    xAxis: axis('step', { type: 'value', max: 'dataMax' }),
    yAxis: [side('cloning, KL per weight'), side('critic loss, mean Q', { splitLine: { show: false } })],
    series: [
      line(
        'cloning',
        curve.map((p) => [p.step, p.clone]),
        colours.student,
      ),
      line(
        'KL per weight',
        curve.map((p) => [p.step, p.kl]),
        colours.other,
      ),
      line(
        'critic',
        curve.map((p) => [p.step, p.critic]),
        colours.teacher,
        { yAxisIndex: 1 },
      ),
      line(
        'mean Q',
        curve.map((p) => [p.step, p.value]),
        colours.faint,
        { yAxisIndex: 1 },
      ),
    ],
  })

/** Return against weights over the cuts, pruned and tuned; the teacher as a line, the picked student marked. */
export function sweepChart({ distillation: { sweep, teacherPickReturn }, student }: Report): string {
  const points = [...sweep].sort((a, b) => a.weights - b.weights)
  const picked = points.filter((p) => p.threshold === student.threshold && p.budget === student.budget)
  return draw({
    xAxis: axis('weights', { type: 'value', scale: true }),
    yAxis: side('mean return'),
    series: [
      line(
        'pruned',
        points.map((p) => [p.weights, p.prunedReturn]),
        colours.other,
        { lineStyle: { type: 'dashed' } },
      ),
      line(
        'pruned and tuned',
        points.map((p) => [p.weights, p.tunedReturn]),
        colours.student,
        {
          markLine: {
            ...{ silent: true, symbol: 'none', data: [{ yAxis: teacherPickReturn }] },
            lineStyle: { color: colours.teacher, type: 'dotted', width: 2 },
            label: { formatter: 'teacher', position: 'insideEndTop', color: colours.teacher },
          },
        },
      ),
      {
        ...{ name: 'picked', type: 'scatter', symbolSize: 16, z: 5, color: colours.teacher },
        itemStyle: { color: 'transparent', borderColor: colours.teacher, borderWidth: 3 },
        data: picked.map((p) => [p.weights, p.tunedReturn]),
      },
    ],
  })
}

/** Median cycles of an inference, on a log scale. */
export const latencyChart = (teacherCycles: Spread, studentCycles: Spread): string =>
  draw({
    grid: { left: 130, right: 110, top: 20, bottom: 55 },
    xAxis: axis('cycles of an inference, median', {
      type: 'log',
      min: 10 ** Math.floor(Math.log10(studentCycles.median) - 0.5),
    }),
    yAxis: axis('', { type: 'category', data: ['sparse student', 'dense teacher'] }),
    series: [
      {
        type: 'bar',
        barWidth: 46,
        label: { show: true, position: 'right', color: ink, formatter: (p: { value: number }) => grouped(p.value) },
        data: [
          { value: studentCycles.median, itemStyle: { color: colours.student } },
          { value: teacherCycles.median, itemStyle: { color: colours.teacher } },
        ],
      },
    ],
  })

export const histogramChart = ({ from, width, counts }: Histogram, unit: string): string =>
  draw({
    xAxis: axis(unit, { type: 'category', data: counts.map((_, i) => (from + i * width).toPrecision(4)) }),
    yAxis: side('how often', { scale: false }),
    series: [{ type: 'bar', barCategoryGap: '5%', data: counts, itemStyle: { color: colours.student } }],
  })
