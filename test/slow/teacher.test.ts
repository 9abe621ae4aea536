/** "Same seed, same files": the shipped teacher is what its card's command makes. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the pendulum teacher, made anew by the command on its card, has the same bytes', () => {
  const card = JSON.parse(readFileSync(join(root, 'models/pendulum/card.json'), 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'bpd-teach-'))
  try {
    const words: string[] = card.command.split(' ').slice(1)
    words[words.indexOf('--out') + 1] = folder
    execFileSync(process.execPath, [join(root, 'cli/bpd.js'), ...words], { stdio: 'ignore' })
    const bytes = readFileSync(join(folder, 'teacher.safetensors'))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(card.sha256)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
