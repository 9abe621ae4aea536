/** What a result was made with. */
import { spawnSync } from 'node:child_process'
import { cpuFeatures } from '../trainer/kernels/cpu.ts'
import { root, version } from './package.ts'

export const versions = () => ({ bpd: version, node: process.versions.node })

/** `fusedMultiplyAdd`: whether this CPU rounds a multiply-add once, on which the last bits of a run with --fused depend. */
export const machine = () => ({
  platform: `${process.platform}-${process.arch}`,
  fusedMultiplyAdd: cpuFeatures().fused,
})

/** Commit of this checkout, with '+' where it was changed since; undefined where this is none, as an installed package is. */
export function commit(): string | undefined {
  const git = (...words: string[]) => spawnSync('git', words, { cwd: root, encoding: 'utf8' })
  // an installed package lies within its user's checkout
  if (git('rev-parse', '--show-prefix').stdout !== '\n') return undefined
  const head = git('rev-parse', 'HEAD')
  if (head.status !== 0) return undefined
  return head.stdout.trim() + (git('status', '--porcelain', '--untracked-files=no').stdout ? '+' : '')
}
