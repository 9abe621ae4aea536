/** What the code of a task of one's own does to the command that runs it: it may print, and may not end it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { bpdIn } from '../support/command.ts'
import { plainPolicy } from '../support/own-policy.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-foreign-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A cart whose third step in a thread does something. */
const cart = (third: string, more = '') => `${more}
let steps = 0
const create = () => ({
  observation: [0, 0],
  terminated: false,
  reset(random) { this.observation = [random.uniform(-1, 1), 0] },
  step([push]) {
    if (++steps === 3) { ${third} }
    this.observation = [this.observation[0] + 0.1 * push, push]
    return 1 - this.observation[0] ** 2
  },
})
export default {
  name: 'cart', observationNames: ['place', 'speed'], actionNames: ['push'], actionLow: [-1], actionHigh: [1],
  period: 0.05, maxSteps: 20, create,
}
`
const prints = `console.log('a line'); process.stdout.write('and more\\n')`
const evaluated = (task: string, workers: string) =>
  bpdIn(folder, 'eval', task, 'plain.bpd', '--episodes', '4', '--workers', workers, '--quiet', '--json')

beforeAll(async () => {
  writeFileSync(join(folder, 'quiet.mjs'), cart(''))
  writeFileSync(join(folder, 'ends.mjs'), cart('process.exit(0)'))
  writeFileSync(join(folder, 'prints.mjs'), cart(prints, prints))
  const quiet = join(folder, 'quiet.mjs')
  await prepareTask(quiet)
  writeFileSync(join(folder, 'plain.bpd'), plainPolicy(createTask(quiet).spec))
})

describe('a task that ends its process', () => {
  it.each([
    ['1', 'the process ended (exit 0) before the work was done: a task must not end it'],
    ['2', './ends.mjs: a worker ended (exit 0) that owed an answer: a task must not end its process'],
  ])('is a failure of one line, with %s workers', (workers, message) => {
    const { status, stdout, lines } = evaluated('./ends.mjs', workers)
    expect({ status, lines }).toEqual({ status: 1, lines: [`bpd: ${message}`] })
    expect(JSON.parse(stdout)).toEqual({ error: { kind: 'failed', message } })
  })

  it('is one where it collects, and leaves no file', () => {
    const small = ['--steps', '40', '--random-steps', '20', '--hidden', '8', '--batch-size', '8', '--episodes', '1']
    const taught = bpdIn(folder, 'teach', './quiet.mjs', ...small, '--out', 'teacher')
    expect(taught.status, taught.stderr).toBe(0)
    const words = ['collect', './ends.mjs', '--teacher', 'teacher', '--transitions', '90', '--out', 'rows.safetensors']
    const { status, lines } = bpdIn(folder, ...words, '--quiet')
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 })
    expect(bpdIn(folder, 'inspect', 'rows.safetensors').status).toBe(2)
  })

  it('is one where it teaches', () => {
    const { status, lines } = bpdIn(folder, 'teach', './ends.mjs', '--quiet', '--out', 'taught')
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 })
  })

  it('is one where it waits for what never comes', () => {
    writeFileSync(
      join(folder, 'never.mjs'),
      cart('').replace('create,', 'create, prepare: () => new Promise(() => {}),'),
    )
    const { status, stdout, stderr } = evaluated('./never.mjs', '1')
    expect(status, stderr).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'failed' } })
  })
})

describe('what a task prints', () => {
  it.each(['1', '2'])('is on standard error, beside one JSON object on standard output, with %s workers', (workers) => {
    const { status, stdout, stderr } = evaluated('./prints.mjs', workers)
    expect({ status, result: JSON.parse(stdout) }).toMatchObject({ status: 0, result: { task: 'cart' } })
    expect(JSON.parse(stdout)).toEqual(JSON.parse(evaluated('./quiet.mjs', workers).stdout))
    expect(stderr).toContain('a line\nand more\n')
  })
})
