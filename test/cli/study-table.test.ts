import { expect, it } from 'vitest'
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
