import { spawnSync } from 'node:child_process'

/** Processes whose parent is this one. */
export function childrenOf(pid: number): number[] {
  const ps = spawnSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' })
  return ps.stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([child, parent]) => parent === pid && child !== ps.pid)
    .map(([child]) => child)
}
