/** A short comparison of two variants over two seeds, for real: what it says is what its jobs made, and it does nothing twice. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AblationRow } from '../../cli/ablate/rows.ts'
import { bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-ablate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const recipe = ['--steps', '100', '--evaluate-every', '100', '--tune-updates', '5', '--keep', '30,60']
const sizes = ['--hidden', '8,8', '--critic-hidden', '8,8', '--batch-size', '16', '--pick-episodes', '1']
const ablate = (...words: string[]) =>
  bpdIn(folder, 'ablate', 'pendulum', '--variants', 'dense,bpd', '--seeds', '2', ...words, '--', ...recipe, ...sizes)
const size = ['--transitions', '400', '--episodes', '2', '--jobs', '2', '--out', 'compared']

const json = (...path: string[]) => JSON.parse(readFileSync(join(folder, 'compared', ...path), 'utf8'))
const results = () => readdirSync(join(folder, 'compared/results'))
/** Distillations of a variant, by their seed: its picked student. */
const distilled = (variant: string) =>
  results()
    .map((name) => ({ id: name.replace('.json', ''), ...json('results', name) }))
    .filter(({ job }) => job.options?.variant === variant)
    .sort((a, b) => a.job.options.seed - b.job.options.seed)
const returns = (variant: string) =>
  distilled(variant).map(({ id }) => {
    const found = results()
      .map((name) => json('results', name))
      .find(({ job }) => job.actor?.student === id)
    return mean(found.result.returns)
  })
const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length

describe('bpd ablate', { timeout: 120_000 }, () => {
  let rows: AblationRow[]
  let said: { teacher: { weights: number; return: { mean: number } }; rows: AblationRow[] }

  beforeAll(() => {
    const { status, stdout, stderr } = ablate(...size, '--json')
    expect({ status, stderr }).toMatchObject({ status: 0 })
    said = JSON.parse(stdout)
    rows = said.rows
  }, 120_000)

  it('has a row for each variant, in the order asked for, with means over the seeds of what was made', () => {
    expect(rows.map((row) => row.variant)).toEqual(['dense', 'bpd'])
    for (const row of rows) {
      const made = distilled(row.variant)
      expect(row.weights).toMatchObject({ mean: mean(made.map(({ result }) => result.picked.weights)), seeds: 2 })
      expect(row.bytes.mean).toBe(mean(made.map(({ result }) => result.picked.bytes)))
      expect(row.return.mean).toBeCloseTo(mean(returns(row.variant)), 9)
      expect(row.keptOfStudent.mean).toBeCloseTo(
        mean(made.map(({ result }) => result.picked.weights / result.studentWeights)),
        12,
      )
      // 3-256-256-1, biases counted on neither side
      expect(row.keptOfTeacher.mean).toBeCloseTo(row.weights.mean / (3 * 256 + 256 * 256 + 256), 12)
      expect(row.difference.mean).toBeCloseTo(row.return.mean - said.teacher.return.mean, 9)
      // the pendulum's returns are negative: there is no share of them
      expect(row).not.toHaveProperty('retained')
    }
    expect(said.teacher.weights).toBe(66560)
  })

  it('gives the variants that need a budget the weights that the other keeps with the same seed', () => {
    const [bpd, dense] = [distilled('bpd'), distilled('dense')]
    for (const i of [0, 1]) {
      expect(dense[i].result.points[0].judged.budget).toBe(bpd[i].result.picked.weights)
      expect(dense[i].result.picked.weights).toBeLessThanOrEqual(bpd[i].result.picked.weights)
    }
  })

  it('leaves the same as a file, and a page', () => {
    expect(json('ablate.json')).toEqual(said)
    expect(readFileSync(join(folder, 'compared/ablate.html'), 'utf8')).toContain(
      'what each part of the method is worth',
    )
  })

  it('does nothing twice: a second call takes what is there, and makes only what is missing', () => {
    const made = (name: string) => statSync(join(folder, 'compared/results', name), { bigint: true }).mtimeNs
    const evaluation = results().find((name) => json('results', name).job.actor?.student === distilled('dense')[1].id)!
    const others = results().filter((name) => name !== evaluation)
    const before = others.map(made)
    rmSync(join(folder, 'compared/results', evaluation))
    const { status, stdout } = ablate(...size)
    expect(status).toBe(0)
    expect(others.map(made)).toEqual(before)
    expect(json('ablate.json')).toEqual(said)
    // for a person: a line each, and what the figures are
    expect(stdout).toMatch(/│ dense +│ +-[\d.,]+ ± [\d.]+/)
    expect(stdout).toMatch(/│ bpd +│ +-[\d.,]+ ± [\d.]+/)
    expect(stdout).toContain('mean ± half of the 95 % interval over 2 seeds; teacher -')
  })
})

describe('what cannot be compared is refused before any work', () => {
  it.each([
    [
      'an unknown variant',
      ['--variants', 'bpd,l0'],
      'Expected names out of bpd, no-q, l1, magnitude, obd, dense, linear, random, td3-small',
    ],
    ['only variants that need a budget', ['--variants', 'l1,dense'], '--variants l1,dense: each needs'],
    ['a teacher that is not there', ['--teacher', 'none'], 'none: no such teacher'],
  ])('%s', (_, words, message) => {
    const { status, stdout, lines } = bpdIn(folder, 'ablate', 'pendulum', ...words)
    expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
    expect(lines[0]).toContain(message)
  })
})
