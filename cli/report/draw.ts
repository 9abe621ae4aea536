/** Plots as inline SVG of two widths, without script, readable on light and dark. */
import { type EChartsCoreOption, init } from './echarts.ts'

/** of lines that belong to no contender */
export const ink = '#808890'
/** Of text: the page's own, as no one colour can be read on both light and dark. */
export const words = 'var(--soft)'
export const colours = { student: '#2a9d8f', teacher: '#e76f51', other: '#8093f1', faint: '#b0a060' }

export interface Key {
  name: string
  colour: string
  line: 'solid' | 'dashed' | 'dotted'
}

export interface Plot {
  wide: string
  narrow: string
  /** stands above the plot, as HTML, which wraps */
  legend: Key[]
}

const SIZES = { wide: { width: 760, height: 340 }, narrow: { width: 340, height: 280 } }

/** What a browser shows over a point, as HTML, already escaped; undefined: nothing. Both are places in the option: of the series, and in its data. */
export type Hover = (series: number, place: number) => string | undefined

/** option: of ECharts, for either size */
export function draw(
  option: (narrow: boolean) => EChartsCoreOption,
  legend: Key[] = [],
  hover: Hover = () => undefined,
): Plot {
  return { wide: svg(option(false), 'wide', hover), narrow: svg(option(true), 'narrow', hover), legend }
}

function svg(option: EChartsCoreOption, size: keyof typeof SIZES, hover: Hover): string {
  const { width, height } = SIZES[size]
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  const [outer, inner] = size === 'wide' ? [70, 70] : [52, 46]
  chart.setOption({
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { color: words, fontFamily: 'system-ui, sans-serif' },
    grid: {
      left: outer,
      right: Array.isArray(option.yAxis) ? outer : size === 'wide' ? inner : 22,
      top: 20,
      bottom: 52,
    },
    ...option,
  })
  const drawn = chart.renderToSVGString()
  chart.dispose()
  // scales with the page; the hover rules are for charts with script
  return drawn
    .replace(/<svg width="\d+" height="\d+"/, '<svg')
    .replace(/<style\b.*?<\/style>/s, '')
    .replace(
      /(<path\b[^>]* ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)"[^>]*>)<\/path>/g,
      (drawn, open, series, place) => {
        const words = hover(Number(series), Number(place))
        return words === undefined ? drawn : `${open}<title>${words}</title></path>`
      },
    )
    .replace(/ (class|ecmeta_\w+)="[^"]*"/g, '')
}

/** 67073 -> "67.073k": short, as a phone needs it */
function short(value: number): string {
  const [scale, unit] = Math.abs(value) >= 1e6 ? [1e6, 'M'] : Math.abs(value) >= 1e4 ? [1e3, 'k'] : [1, '']
  return `${Number((value / Number(scale)).toPrecision(6))}${unit}`
}

export const axis = (name: string, more: object = {}) => ({
  name,
  nameLocation: 'middle',
  nameGap: 32,
  nameTextStyle: { color: words },
  axisLabel: {
    color: words,
    hideOverlap: true,
    ...('type' in more && (more.type === 'value' || more.type === 'log') ? { formatter: short } : {}),
  },
  axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
  splitLine: { lineStyle: { color: '#80808030' } },
  ...more,
})

export const side = (name: string, more: object = {}) =>
  axis(name, { type: 'value', nameGap: 38, scale: true, ...more })

/** On the right; whatever reads it says so in the legend. */
export const rightSide = (name: string) => side(`${name} (right)`, { splitLine: { show: false } })

export const line = (data: number[][], colour: string, more: object = {}) => ({
  data,
  color: colour,
  type: 'line',
  symbol: 'circle',
  symbolSize: 5,
  lineStyle: { width: 2 },
  ...more,
})

export const key = (name: string, colour: string, style: Key['line'] = 'solid'): Key => ({ name, colour, line: style })

/** A line across the plot, at a value of either axis. */
export const mark = (at: { xAxis: number } | { yAxis: number }, label: string) => ({
  silent: true,
  symbol: 'none',
  data: [at],
  lineStyle: { color: colours.teacher, type: 'dotted', width: 2 },
  label: { formatter: label, position: 'xAxis' in at ? 'insideEndBottom' : 'insideEndTop', color: words },
})
