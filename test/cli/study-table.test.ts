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
