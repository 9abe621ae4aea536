import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { programFor } from '../../cli/program.ts'
import { type Checked, describeCheck } from '../../cli/report/check.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { hypotheses } from '../../trainer/check/hypotheses.ts'
import { randomStream } from '../../trainer/random.ts'
import { bpdIn } from '../support/command.ts'
import { gemm, modelOf } from '../support/onnx-writer.ts'
import { blocksOf, root } from '../support/pages.ts'

const program = await programFor([])

const folder = mkdtempSync(join(tmpdir(), 'bpd-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const pendulum = join(root, 'models/pendulum/teacher.safetensors')
const columns = ['--observations', 'q0..q4,v0..v5', '--actions', 'hip,knee,ankle']

const table = (rows: number, header = 'c,s,w,u') =>
  [header, ...Array.from({ length: rows }, (_, i) => `${Math.cos(i)},${Math.sin(i)},${i % 5},${(i % 3) - 1}`)].join(
    '\n',
  )
writeFileSync(at('short.csv'), table(40))
writeFileSync(at('long.csv'), table(400))
writeFileSync(
  at('off.csv'),
  table(400).replaceAll(/,[^,\n]+$/gm, (end) => (end === ',u' ? end : ',0.5')),
)
writeFileSync(at('text.onnx'), 'no policy')
// 1 / w: no number where w is 0
writeFileSync(
  at('reciprocal.onnx'),
  modelOf({
    shape: [1, 3],
    nodes: [gemm('x'), { operator: 'Reciprocal', inputs: ['y'], outputs: ['z'] }],
    constants: { W: [[0, 0, 1]], b: [0] },
  }),
)
const named = ['--observations', 'c,s,w', '--actions', 'u']

describe('the example of docs/check.md', () => {
  const words = ['check', '--teacher', 'models/hopper/teacher.safetensors']
  const log = ['--data', 'test/fixtures/logs/hopper-degrees.csv', ...columns]

  it('prints what the page shows, and ends with 1', { timeout: 120_000 }, () => {
    const { status, stdout } = bpdIn(root, ...words, ...log, '--quiet')
    const [shown] = blocksOf('docs/check.md').filter(({ language }) => language === 'text')
    expect(stdout).toBe(shown.text)
    expect(status).toBe(1)
  })

  it('is JSON with the names, the figures and the mend under --json, and fits into 60 and 120 columns', {
    timeout: 120_000,
  }, () => {
    const { status, stdout } = bpdIn(root, ...words, ...log, '--quiet', '--json')
    const checked: Checked = JSON.parse(stdout)
    expect(status).toBe(1)
    expect(checked).toMatchObject({ verdict: 'mistake', count: 360, rows: { fit: 180, judge: 180 } })
    expect(checked.explanations[0]).toMatchObject({
      hypothesis: 'observation unit',
      names: ['v3', 'v4', 'v5'],
      values: [Math.PI / 180],
    })
    for (const room of [60, 120]) {
      const lines = describeCheck(checked, room).split('\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(room)
      expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('multiply them by 0.01745')
      expect(lines.join('\n')).not.toMatch(/undefined|NaN|Infinity|\[object/)
    }
  })
})

it('a policy that explains its log ends with 0', () => {
  const made = ['collect', 'pendulum', '--teacher', pendulum, '--transitions', '600', '--out', at('log.safetensors')]
  expect(bpdIn(folder, ...made).status).toBe(0)
  const { status, stdout } = bpdIn(folder, 'check', '--teacher', pendulum, '--data', at('log.safetensors'))
  expect(stdout).toContain('explained: the policy says what the log says')
  expect(status).toBe(0)
})

it('a log of nothing that the policy does is not explained by a part of it', () => {
  const random = randomStream(1, 'unrelated log')
  const rows = Array.from({ length: 1000 }, () => [random.normal(), random.normal(), random.normal(), random.normal()])
  writeFileSync(at('unrelated.csv'), ['c,s,w,u', ...rows].join('\n'))
  const words = ['check', '--teacher', pendulum, '--data', 'unrelated.csv', ...named, '--quiet']
  const { status, stdout } = bpdIn(folder, ...words)
  expect(stdout.replace(/\s+/g, ' ')).toContain('one constant action is about as near to the log as the policy')
  expect(stdout).not.toMatch(/best part|what is left/)
  expect(status).toBe(1)
})

describe('what cannot be checked is refused in one line', () => {
  it.each([
    ['no such policy', 'absent.onnx', 'long.csv', named, /absent\.onnx: cannot be read/],
    ['a policy that is none', at('text.onnx'), 'long.csv', named, /text\.onnx: a text file, expected a/],
    ['no such log', pendulum, 'absent.csv', named, /absent\.csv: cannot be read/],
    ['too few rows', pendulum, 'short.csv', named, /short\.csv: 40 rows, expected 100 or more$/],
    [
      'actions that never change',
      pendulum,
      'off.csv',
      named,
      /off\.csv: actions are the same in every row \(u 0\.5\), expected some that change$/,
    ],
    [
      'an action that is no number',
      at('reciprocal.onnx'),
      'long.csv',
      named,
      /reciprocal\.onnx: action u is (NaN|Infinity) where .*long\.csv has c 1, s 0, w 0, expected finite$/,
    ],
    [
      'too few observations',
      pendulum,
      'long.csv',
      ['--observations', 'c,s', '--actions', 'u'],
      /long\.csv: 2 observations, expected 3, as .* has \(--observations names the columns\)$/,
    ],
    ['too many actions', pendulum, 'long.csv', ['--observations', 'c,s,w', '--actions', 'u,w'], /long\.csv: /],
    ['a column that is not there', pendulum, 'long.csv', ['--observations', 'c,s,x', '--actions', 'u'], /column "x"/],
  ])('%s', async (_, teacher, data, words, line) => {
    const log = data.startsWith('absent') ? data : at(data)
    const run = program.parseAsync(['check', '--teacher', teacher, '--data', log, '--quiet', ...words], {
      from: 'user',
    })
    const error = await run.then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toMatch(line)
    expect(error.message).not.toContain('\n')
  })
})

it('the page lists every mistake that is tested, in its words', () => {
  const page = readFileSync(join(root, 'docs/check.md'), 'utf8')
  const rows = hypotheses.map(({ name, about }) => `| ${name} | ${about} |`)
  expect(page).toContain(`| --- | --- |\n${rows.join('\n')}\n\n`)
})
