/** Every verb that takes a task takes one of the user's own; cards and checkpoints know what it was. */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandWord } from '../../cli/card.ts'
import { wordsOf } from '../../trainer/tasks/simulator/simulator.ts'
import { bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-own-task-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const sha256Of = (name: string) =>
  createHash('sha256')
    .update(readFileSync(at(name)))
    .digest('hex')
const bpd = (...words: string[]) => {
  const run = bpdIn(folder, ...words, '--quiet', '--json')
  return { ...run, answer: run.stdout === '' ? undefined : JSON.parse(run.stdout) }
}

const module_ = `class Cart {
  observation = [0, 0]
  terminated = false
  reset(random) { this.observation = [random.uniform(-1, 1), 0] }
  step([push]) {
    const [place, speed] = this.observation
    this.observation = [place + 0.05 * speed, speed + 0.05 * push]
    return 1 - place ** 2
  }
}
export default {
  name: 'cart', observationNames: ['place', 'speed'], actionNames: ['push'], actionLow: [-1], actionHigh: [1],
  period: 0.05, maxSteps: 40, create: () => new Cart(),
  recipe: { hidden: [8, 8], criticHidden: [8, 8], batchSize: 32, steps: 60, tuneUpdates: 20, thresholds: [0], pickEpisodes: 2, progressEpisodes: 1, evaluateEvery: 60 },
}
`
const small = [
  '--steps',
  '260',
  '--random-steps',
  '200',
  '--evaluate-every',
  '60',
  '--hidden',
  '8',
  '--batch-size',
  '16',
  '--episodes',
  '2',
]

beforeAll(() => {
  writeFileSync(at('cart.mjs'), module_)
  cpSync(fileURLToPath(new URL('../support/simulator.mjs', import.meta.url)), at('simulator.mjs'))
})

describe.each([
  ['a module', './cart.mjs', 'cart', 'cart.mjs'],
  ['a command', `exec:"${process.execPath}" simulator.mjs`, 'pushed-cart', 'simulator.mjs'],
])('%s', (_, task, name, file) => {
  const out = (what: string) => `${name}-${what}`
  const teacher = join(out('teacher'), 'teacher.safetensors')
  const data = out('data.safetensors')

  it('teaches: the card names it, its files, and a command that a shell understands', () => {
    const { status, answer, stderr } = bpd('teach', task, ...small, '--out', out('teacher'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(answer.task).toBe(name)
    expect(answer.origin.task).toBe(task)
    const [path] = Object.keys(answer.origin.files).filter((key) => key.endsWith(file))
    expect(answer.origin.files[path]).toBe(sha256Of(file))
    expect(answer.command).toContain(`bpd teach ${commandWord(task)} --steps 260`)
  })

  it('collects the same transitions for any number of workers', () => {
    for (const workers of ['1', '2']) {
      const file = `${workers}-${data}`
      const collected = bpd(
        'collect',
        task,
        '--teacher',
        teacher,
        '--transitions',
        '90',
        '--workers',
        workers,
        '--out',
        file,
      )
      expect(collected.answer).toEqual({ task: name, transitions: 90, file })
    }
    expect(sha256Of(`2-${data}`)).toBe(sha256Of(`1-${data}`))
  })
})

describe('with a module', () => {
  const teacher = 'cart-teacher/teacher.safetensors'
  const student = 'cart-student/student.bpd'
  const task = './cart.mjs'

  it('a student is distilled whose contract has its name', () => {
    const short = [
      '--steps',
      '60',
      '--tune-updates',
      '20',
      '--thresholds',
      '0',
      '--pick-episodes',
      '2',
      '--tolerance',
      '10',
      '--batch-size',
      '32',
      '--hidden',
      '8',
      '--critic-hidden',
      '8',
    ]
    const made = bpd(
      'distill',
      task,
      '--teacher',
      teacher,
      '--data',
      '1-cart-data.safetensors',
      '--out',
      'cart-student',
      ...short,
      '--threads',
      '1',
    )
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' })
    expect(made.answer).toMatchObject({ task: 'cart', origin: { task } })
  })

  it('its return is measured, and a board that it drives gives the same bits', () => {
    expect(bpd('eval', task, student, '--episodes', '2').answer).toMatchObject({
      task: 'cart',
      return: { episodes: 2 },
    })
    expect(bpd('loop', task, student, '--port', 'in-process', '--episodes', '1').answer).toMatchObject({
      task: 'cart',
      bitExact: true,
    })
  })

  it('a teacher that is imported, and one that is measured beside its student, are fitted to it', () => {
    expect(bpd('import', teacher, '--task', './cart.mjs', '--out', 'imported').answer).toMatchObject({
      task: 'cart',
      origin: { task: './cart.mjs' },
    })
    expect(bpd('bench', student, '--teacher', teacher, '--port', 'in-process', '--count', '5').answer).toMatchObject({
      task: 'cart',
    })
  })

  it('a policy is quantised where the task is named, and the file alone never names one', () => {
    const words = [
      'quantise',
      student,
      '--values',
      'int8',
      '--data',
      '1-cart-data.safetensors',
      '--episodes',
      '2',
      '--out',
      'small.bpd',
    ]
    expect(bpd(...words).lines[0]).toMatch(/^bpd: task "cart": expected one of pendulum, .*, or your own with --task$/)
    expect(bpd(...words, '--task', './cart.mjs').answer).toMatchObject({ task: 'cart', values: 'int8' })
    const other = bpd(...words, '--task', 'pendulum')
    expect(other.lines[0]).toBe(`bpd: ${student}: contract task: "cart"; task pendulum has "pendulum"`)
  })

  it('what another one made is refused by its name', () => {
    const { lines, status } = bpd('eval', `exec:"${process.execPath}" simulator.mjs`, student, '--episodes', '1')
    expect({ status, line: lines[0] }).toEqual({
      status: 2,
      line: `bpd: ${student}: contract task: "cart"; task pushed-cart has "pushed-cart"`,
    })
  })

  it('the paper has no such row: one line', () => {
    expect(bpd('reproduce', './cart.mjs').lines).toEqual([
      'bpd: task "./cart.mjs": expected one of hopper, walker2d, halfcheetah, ant',
    ])
  })

  it('teaching goes on after it was interrupted, but not with a file that was edited since', () => {
    const words = ['teach', './edited.mjs', ...small, '--checkpoint-minutes', '0', '--out', 'again']
    writeFileSync(
      at('edited.mjs'),
      module_.replace(
        'step([push]) {',
        'step([push]) {\n    if (globalThis.n = (globalThis.n ?? 0) + 1, globalThis.n > 230) process.kill(process.pid, "SIGKILL")',
      ),
    )
    expect(bpd(...words).status).not.toBe(0)
    writeFileSync(at('edited.mjs'), module_)
    const { status, lines } = bpd(...words, '--resume')
    expect(status).toBe(2)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(
      'again/checkpoint.safetensors: origin: the checkpoint was made with {"task":"./edited.mjs"',
    )
  })

  it('distilling too', () => {
    const words = ['distill', './other.mjs', '--teacher', teacher, '--data', '1-cart-data.safetensors', '--out', 'half']
    const short = ['--steps', '40', '--evaluate-every', '10', '--threads', '1', '--checkpoint-minutes', '0']
    const fatal = 'if ((globalThis.n = (globalThis.n ?? 0) + 1) > 60) process.kill(process.pid, "SIGKILL")'
    writeFileSync(at('other.mjs'), module_.replace('step([push]) {', `step([push]) {\n    ${fatal}`))
    expect(bpd(...words, ...short).status).not.toBe(0)
    writeFileSync(at('other.mjs'), module_)
    const { status, lines } = bpd(...words, ...short, '--resume')
    expect({ status, lines: lines.length }).toEqual({ status: 2, lines: 1 })
    expect(lines[0]).toContain(
      'half/checkpoint.safetensors: origin: the checkpoint was made with {"task":"./other.mjs"',
    )
  })
})

it('a command in a card is read back as it was given', () => {
  for (const word of ['pendulum', './a b.ts', `exec:python3 "it's.py"`, 'exec:node x.js']) {
    const [back] = wordsOf(commandWord(word).replaceAll("'\\''", `'"'"'`), '')
    expect(back).toBe(word)
  }
})
