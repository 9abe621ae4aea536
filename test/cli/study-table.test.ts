import { expect, it } from 'vitest'
import { plotsOf } from '../../cli/study/svg.ts'
import { comparisonMarkdown, markdown } from '../../cli/study/table.ts'
import { sampleStudy } from '../support/sample-study.ts'

it('names do not tear a table: a bar, a line feed and what turns text around are parts of a cell', () => {
  const torn = structuredClone(sampleStudy)
  for (const one of [...torn.rows, ...torn.summaries, ...torn.comparisons]) one.variant = 'a|b\n| c\u202e'
  for (const text of [markdown(torn, []), comparisonMarkdown(torn)]) {
    const rows = text.split('\n').filter((line) => line.startsWith('| '))
    const columns = rows.map((row) => row.replaceAll('\\|', '').split('|').length)
    expect(new Set(columns).size).toBeLessThanOrEqual(3)
    expect(rows.filter((row) => row.includes('a\\|b')).length).toBeGreaterThan(0)
    expect(text).not.toContain('\u202e')
  }
})

it('a long name is cut where a plot has no more room, and is whole under the pointer', () => {
  const long = structuredClone(sampleStudy)
  const name = 'l1-searched-with-a-<longer>-name'
  for (const one of [...long.rows, ...long.summaries, ...long.comparisons]) one.variant = name
  const plots = [...plotsOf(long)].filter(([file]) => !file.includes('-curve-'))
  expect(plots.length).toBeGreaterThan(2)
  for (const [, svg] of plots) {
    expect(svg).toContain('<title>l1-searched-with-a-&lt;longer&gt;-name</title>')
    expect(svg).toMatch(/>l1-searched-with[^<]*…<title>/)
  }
})

it('a plot of differences ends what goes beyond its axis in an arrow, and puts no dot on the edge', () => {
  const study = structuredClone(sampleStudy)
  study.score = 'retained'
  const plotted = (low: number, value: number, high: number) => {
    study.comparisons[0].paired = { value, low, high }
    const svg = plotsOf(study).get('sample-differences.svg')!
    const [dots, arrows] = [/<circle /g, /<path /g].map((mark) => (svg.match(mark) ?? []).length)
    return { dots, arrows, said: svg.includes('; arrows: further</text>') }
  }
  expect(plotted(-0.2, 0, 0.2)).toEqual({ dots: 1, arrows: 0, said: false })
  expect(plotted(-0.285, -0.1, 0.2)).toEqual({ dots: 1, arrows: 1, said: true })
  expect(plotted(-0.95, -0.947, -0.94)).toEqual({ dots: 0, arrows: 1, said: true })
  expect(plotted(-1, 0.5, 1)).toEqual({ dots: 0, arrows: 2, said: true })
})
