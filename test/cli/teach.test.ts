import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { teachVerb } from '../../cli/verbs/teach.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'
import { bpd, bpdIn } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-teach-'))
afterAll(() => rmSync(folder, { recursive: true }))

const models = new URL('../../models/', import.meta.url)

describe("the command on a shipped teacher's card", () => {
  it.each(readdirSync(models))('%s: is one that bpd teach takes, and means what the card says', (task) => {
    const card = JSON.parse(readFileSync(new URL(`${task}/card.json`, models), 'utf8'))
    const [bpd, verb, ...words] = card.command.split(' ')
    expect([bpd, verb]).toEqual(['bpd', 'teach'])
    let taken: [task: string, options: Record<string, unknown>] | undefined
    teachVerb
      .exitOverride()
      .action((...given) => {
        taken = [given[0], given[1]]
      })
      .parse(words, { from: 'user' })
    const [name, options] = taken!
    expect(options).toMatchObject({ episodes: card.return.episodes })
    const { sizes, algorithm, batchSize = 256, randomSteps = 1000, steps, seed, rate, exploration, fused } = card
    expect(name).toBe(task)
    expect(options).toMatchObject({ hidden: sizes.slice(1, -1), algorithm: algorithm.toLowerCase(), batchSize })
    expect(options).toMatchObject({ randomSteps, steps, seed, rate, exploration, fused })
  })
})

it('more steps than there is memory for are refused before the first', () => {
  const { status, stderr } = bpdIn(folder, 'teach', 'pendulum', '--steps', '100000000', '--hidden', '4', '--out', 'big')
  expect(status).toBe(2)
  expect(stderr).toContain('100000000 transitions: 3.4 GiB of memory, expected at most 2')
})

it.each([
  [
    'random actions alone',
    ['--steps', '1200', '--random-steps', '1200'],
    '--random-steps: 1200, expected fewer than --st',
  ],
  ['as many by default', ['--steps', '1000'], '--random-steps: 1000, expected fewer than --steps, 1000'],
  [
    'noise of td3 with sac',
    ['--algorithm', 'sac', '--exploration', '0.1'],
    '--exploration: of no effect with --algorithm sac',
  ],
  ['threads with sac', ['--algorithm', 'sac', '--threads', '2'], '--threads: of no effect with --algorithm sac'],
])('%s are refused in one line', (_, words, message) => {
  const { status, stdout, lines } = bpdIn(folder, 'teach', 'pendulum', ...words, '--out', 'none')
  expect({ status, stdout, lines: lines.length }).toEqual({ status: 2, stdout: '', lines: 1 })
  expect(lines[0]).toContain(`bpd: ${message}`)
})

it("a soft actor-critic's card has a command that is taken", () => {
  const small = ['--steps', '40', '--random-steps', '20', '--hidden', '8', '--batch-size', '8', '--episodes', '1']
  const { status, stdout } = bpdIn(
    folder,
    'teach',
    'pendulum',
    '--algorithm',
    'sac',
    ...small,
    '--out',
    'sac',
    '--json',
  )
  expect(status).toBe(0)
  const [, ...words] = JSON.parse(stdout).command.split(' ')
  expect(bpdIn(folder, ...words, '--force', '--json').stdout).toContain(JSON.parse(stdout).sha256)
})

it('a Ctrl-C while a teacher is measured leaves the teacher, without a card', async () => {
  const small = ['--steps', '200', '--hidden', '8', '--batch-size', '16', '--random-steps', '100']
  const words = ['teach', 'pendulum', ...small, '--evaluate-every', '100', '--episodes', '1000000', '--out', 'taught']
  const child = spawn(process.execPath, [bpd, ...words], { cwd: folder })
  const ended = once(child, 'exit')
  let stderr = ''
  for await (const text of child.stderr) {
    stderr += text
    if (stderr.includes('evaluating') && !child.killed) child.kill('SIGINT')
  }
  expect(await ended).toEqual([130, null])
  expect(stderr).toContain('bpd: interrupted; taught/teacher.safetensors is there, without a card\n')
  expect(readdirSync(join(folder, 'taught'))).toEqual(['teacher.safetensors'])
  expect(loadTeacher(join(folder, 'taught/teacher.safetensors')).network).toBeDefined()
})
