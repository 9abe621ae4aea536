/** The statistics of studies are those of rliable as PyPI has it today; test/fixtures/statistics has what it said one day. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/require.ts'
import { type RliableCase, requireAsRliable } from '../support/rliable.ts'

const script = fileURLToPath(new URL('peers/scores.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-rliable-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeWith('python3 with venv', spawnSync('python3', ['-c', 'import ensurepip']).status === 0)(
  'rliable itself',
  () => {
    let cases: RliableCase[] = []
    beforeAll(() => {
      execFileSync('python3', ['-m', 'venv', folder])
      // with pandas 3 its statsmodels cannot be imported
      execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', 'rliable==1.2.0', 'pandas<3'], { stdio: 'ignore' })
      cases = JSON.parse(
        execFileSync(join(folder, 'bin/python'), [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      )
    }, 300_000)

    it('says what we say', () => {
      expect(cases.length).toBeGreaterThan(3)
      for (const one of cases) requireAsRliable(one)
    })
  },
)
