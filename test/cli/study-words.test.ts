import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bpdIn, jsonIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-once-'))
afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  [['ablate', 'pendulum', '--variants', 'bpd,no-q,bpd'], 'Expected each name once, "bpd" comes twice.'],
  [['reproduce', 'hopper', '--variants', 'no-q,no-q'], 'Expected each name once, "no-q" comes twice.'],
  [['reproduce', 'hopper', 'hopper'], 'task hopper: given twice, expected each once'],
  [['study', 'run', 'answers', '--teachers', 'a, a'], 'Expected each name once, "a" comes twice.'],
  [['ablate', 'pendulum', '--', '--variant', 'no-q'], '-- --variant: expected variants in --variants alone'],
  [
    ['ablate', 'pendulum', '--variants', 'bpd,no-q', '--budget', '5'],
    'bpd and no-q find their own number of weights, expected none',
  ],
  [
    ['ablate', 'pendulum', '--variants', 'dense', '--budget', '50', '--', '--keep', '60'],
    'recipe.keep: expected budget: each training of dense is for one number of weights',
  ],
  [['study', 'run', 'none', '--once'], '--once: study run does nothing with it: expected none'],
  [['study', 'status', 'answers', '--students'], '--students: study status does nothing with it: expected none'],
  [['study', 'report', 'answers', '--jobs', '4'], '--jobs: study report does nothing with it: expected none'],
  [['study', 'report', 'answers', '--once'], '--once: study report does nothing with it: expected none'],
  [['study', 'list', '--jobs', '3'], '--jobs: study list does nothing with it: expected none'],
  [['study', 'worker', '--seeds', '3'], '--seeds: study worker does nothing with it: expected none'],
  [
    ['study', 'run', 'none', '--queue', 'postgres://nobody', '--threads', '2'],
    '--threads: with --queue it is for bpd study worker: expected none with study run',
  ],
])('%j is refused: nothing is counted twice, and nothing given does nothing', (words, message) => {
  const { status, stdout, lines } = bpdIn(folder, ...words)
  expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
  expect(lines[0]).toContain(message)
})

it('the studies there are come as one JSON object, as all that a verb says does', () => {
  const { studies } = jsonIn(folder, 'study', 'list')
  expect(studies).toContainEqual(expect.objectContaining({ name: 'answers', seeds: expect.any(Number) }))
})
