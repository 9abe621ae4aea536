/** The examples run as they stand. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { root } from '../support/pages.ts'
import { playTasks } from '../support/played.ts'

const run = (example: string) =>
  execFileSync(process.execPath, [`examples/${example}.ts`], { cwd: root, encoding: 'utf8' })

describe('examples', { timeout: 120_000 }, () => {
  it.each([
    ['load-a-policy', /^observation: cos\(angle\).*\n\[ -1\.10479/],
    ['drive-a-board', /^pico: \d+ cycles\n20 actions, equal to the last bit\n$/],
    ['distil-from-code', /bytes, return -\d+\.\d ± \d+\.\d over 20 episodes\n$/],
  ])('%s', (example, says) => {
    expect(run(example)).toMatch(says)
  })

  it('tasks: in TypeScript, on a model in files, in Python', () => {
    const own = ['two-thrusters.ts', 'balancer.ts', 'pendulum.py'].map((file) => `examples/tasks/${file}`)
    const went = playTasks([own[0], own[1], `exec:python3 ${own[2]}`], {}, root)
    expect(went.map(({ spec }) => spec?.name)).toEqual(['two-thrusters', 'balancer', 'pendulum'])
    for (const { return: earned } of went) expect(earned).toEqual(expect.any(Number))
  })
})
