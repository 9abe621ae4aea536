/** A teacher that is no stack of ReLU or tanh layers, from its ONNX file to a board's table. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shippedModels } from '../../cli/models.ts'
import { createTask } from '../../trainer/tasks/registry.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { standInNote, teacherController } from '../../trainer/teachers/policy.ts'
import { bpdIn } from '../support/command.ts'
import { modelOf } from '../support/onnx-writer.ts'
import { outputOf } from '../support/teacher-output.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-general-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...path: string[]) => join(folder, ...path)
const bpd = (...words: string[]) => bpdIn(folder, ...words)
const student = join(shippedModels, 'pendulum/student.bpd')

const draw = (rows: number, columns: number) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, k) => Math.sin(5 * i + 3 * k + 1)))
/** 3-8-1, ELU, the torque of the pendulum: tanh, times 2 */
const elu = modelOf({
  nodes: [
    { operator: 'Gemm', inputs: ['x', 'W0', 'b0'], outputs: ['g'], attributes: { transB: 1 } },
    { operator: 'Elu', inputs: ['g'], outputs: ['h'] },
    { operator: 'Gemm', inputs: ['h', 'W1', 'b1'], outputs: ['y'], attributes: { transB: 1 } },
    { operator: 'Tanh', inputs: ['y'], outputs: ['t'] },
    { operator: 'Mul', inputs: ['t', 'two'] },
  ],
  constants: { W0: draw(8, 3), b0: draw(1, 8)[0], W1: draw(1, 8), b1: [0.1], two: 2 },
  metadata: { joint_names: 'pivot' },
})

beforeAll(() => {
  writeFileSync(at('elu.onnx'), elu)
  expect(bpd('import', 'elu.onnx', '--task', 'pendulum', '--out', 'made').status).toBe(0)
})

describe('a teacher with ELU', () => {
  it('is imported as a teacher, a contract and a card', () => {
    expect(readdirSync(at('made')).sort()).toEqual(['card.json', 'contract.json', 'teacher.safetensors'])
    expect(JSON.parse(readFileSync(at('made/contract.json'), 'utf8'))).toEqual({
      task: 'pendulum',
      action: { names: ['pivot'], low: [-2], high: [2] },
    })
    expect(JSON.parse(readFileSync(at('made/card.json'), 'utf8'))).toMatchObject({ sizes: [3, 8, 1], parameters: 41 })
  })

  it('acts alike from its folder, its file and the file that it came from', async () => {
    const [{ spec }, x] = [createTask('pendulum'), [0.6, -0.8, 3]]
    const wanted = outputOf(await openTeacher(at('elu.onnx')), x)[0]
    for (const path of ['made', 'made/teacher.safetensors', 'elu.onnx']) {
      const action = new Float32Array(1)
      teacherController(await openTeacher(at(path)), spec)(x, action)
      expect(action[0]).toBe(Math.fround(wanted))
    }
  })

  it('gives the middle of the bounds for NaN, as a policy gives its failsafe', async () => {
    const action = new Float32Array(1).fill(1)
    teacherController(await openTeacher(at('made')), createTask('pendulum').spec)([Number.NaN, 0, 0], action)
    expect(action[0]).toBe(0)
  })

  it('collects the same transitions whatever the number of workers, and is evaluated', () => {
    const collect = (workers: string, teacher: string) => {
      const out = ['--out', `rows-${workers}.safetensors`]
      const words = ['collect', 'pendulum', '--teacher', teacher, '--transitions', '700', '--workers', workers]
      expect(bpd(...words, ...out)).toMatchObject({ status: 0 })
      return readFileSync(at(out[1]))
    }
    expect(collect('2', 'made')).toEqual(collect('1', 'elu.onnx'))
    const { status, stdout } = bpd('eval', 'pendulum', 'made', '--episodes', '3', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).returns).toHaveLength(3)
  })

  it('is shown with its layers, activations and contract', () => {
    const { stdout } = bpd('inspect', 'made')
    expect(stdout).toMatch(/│ 1 +│ +3 │ +8 │ elu/)
    expect(stdout).toMatch(/action pivot from -2 to 2 \(tanh\)/)
    expect(JSON.parse(bpd('inspect', 'elu.onnx', '--json').stdout)).toMatchObject({
      kind: 'teacher',
      plain: false,
      layers: [
        { columns: 3, rows: 8, activation: 'elu', weights: 24 },
        { columns: 8, rows: 1, activation: 'tanh' },
      ],
      contract: { action: { names: ['pivot'] } },
    })
  })

  it('is compared on a board with a dense network of its sizes, and the table says so', () => {
    const words = ['bench', student, '--teacher', 'made', '--port', 'in-process', '--count', '3']
    const { stdout, status } = bpd(...words)
    expect(status).toBe(0)
    // in lines of 60 columns
    expect(stdout.replace(/\n {9}/g, ' ')).toContain(`teacher  ${standInNote}`)
    const result = JSON.parse(bpd(...words, '--json').stdout)
    expect(result).toMatchObject({ teacherStandIn: standInNote, teacher: { weights: 32 } })
  })

  it('keeps the first observations, the others taken as zero', async () => {
    expect(bpd('import', 'elu.onnx', '--inputs', '2', '--out', 'cut').status).toBe(0)
    const [cut, whole] = await Promise.all(['cut', 'made'].map((path) => openTeacher(at(path))))
    expect(outputOf(cut, [0.3, -0.4])).toEqual(outputOf(whole, [0.3, -0.4, 0]))
  })
})

describe('the options of bpd import', () => {
  it('say what a file does not, and nothing else', () => {
    for (const [words, message] of [
      [['elu.onnx', '--activation', 'elu'], 'elu.onnx: an ONNX model, which says itself what --activation would say'],
      [
        ['made/teacher.safetensors', '--output', 'tanh'],
        'a safetensors teacher, which says itself what --output would say',
      ],
      [
        ['elu.onnx', '--action-low', '-3', '--action-high', '3'],
        '--action-low, --action-high: the file says [-2] and [2]',
      ],
      [['elu.onnx', '--output', 'sine'], "option '--output <kind>' argument 'sine' is invalid"],
      [['elu.onnx', '--vecnormalize', 'x.pkl'], 'x.pkl: statistics belong to a Stable-Baselines3 archive'],
    ] as [string[], string][]) {
      const { status, lines } = bpd('import', ...words, '--out', 'refused')
      expect(lines.at(-1)).toContain(message)
      expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
    }
  })
})
