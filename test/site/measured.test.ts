/** Figures that the page calls measured are of the very file that is shown. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { measuredCosts } from '../../site/measured.ts'
import { root } from '../support/pages.ts'

const costs = measuredCosts(root)
const shipped = readdirSync(join(root, 'models')).flatMap((task) =>
  readdirSync(join(root, 'models', task))
    .filter((name) => name.endsWith('.bpd'))
    .map((name) => join(root, 'models', task, name)),
)

describe('what was measured', () => {
  it.each(shipped)('is there for %s, as exported C and in the firmware', (file) => {
    const of = costs[crc32(readFileSync(file))]
    expect(of.filter(({ form }) => form === 'exported C').map(({ core }) => core)).toContain('Cortex-M4F')
    expect(of.filter(({ form }) => form === 'firmware').map(({ core }) => core)).toEqual(['Cortex-M4F', 'RV32IMAC'])
  })

  it('is there for nothing else', () => {
    expect(Object.keys(costs)).toHaveLength(shipped.length)
  })
})
