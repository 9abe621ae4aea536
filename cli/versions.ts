/** What a result was made with. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { cpuFeatures } from '../trainer/kernels/cpu.ts'

export const versions = () => ({ bpd: manifest.version, node: process.versions.node })

/** `fusedMultiplyAdd`: whether this CPU rounds a multiply-add once, on which the last bits of a run with --fused depend. */
export const machine = () => ({
  platform: `${process.platform}-${process.arch}`,
  fusedMultiplyAdd: cpuFeatures().fused,
})

/** Commit of this checkout, with '+' where it was changed since; undefined outside git. */
export function commit(): string | undefined {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const git = (...words: string[]) => spawnSync('git', words, { cwd: root, encoding: 'utf8' })
  const head = git('rev-parse', 'HEAD')
  if (head.status !== 0) return undefined
  return head.stdout.trim() + (git('status', '--porcelain', '--untracked-files=no').stdout ? '+' : '')
}
