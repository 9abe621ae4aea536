/** "Same seed, same files": the shipped teacher is what its card's command makes. And that the other algorithm learns. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { weightCount } from '../../runtime-as/format/network.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { teach } from '../../trainer/teachers/teach.ts'
import { teachDefaults } from '../../trainer/teachers/teach-options.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the pendulum teacher, made anew by the command on its card, has the same bytes', () => {
  const card = JSON.parse(readFileSync(join(root, 'models/pendulum/card.json'), 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'bpd-teach-'))
  try {
    const words: string[] = card.command.split(' ').slice(1)
    words[words.indexOf('--out') + 1] = folder
    execFileSync(process.execPath, [join(root, 'cli/bpd.ts'), ...words], { stdio: 'ignore' })
    const bytes = readFileSync(join(folder, 'teacher.safetensors'))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(card.sha256)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('a small actor learns the pendulum by soft actor-critic in 6000 steps: -250 or better, from below -1000', async () => {
  const options = { ...teachDefaults, algorithm: 'sac', steps: 6000, hidden: [10, 10], seed: 1, threads: 1 } as const
  const returns: number[] = []
  const { network } = await teach(() => new Pendulum(), options, { onProgress: (p) => returns.push(p.return) })
  expect(returns[0]).toBeLessThan(-1000)
  expect(Math.max(...returns)).toBeGreaterThan(-250)
  expect(weightCount(network)).toBe(140)
})
