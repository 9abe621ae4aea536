/** Tasks of one's own, loaded as `bpd` loads them. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '../../trainer/tasks/evaluate.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'

/** How an episode went, or why there was none. */
export type Went = Partial<Outcome> & {
  spec?: TaskSpec
  observation?: number[]
  kind?: string
  message?: string
  seconds: number
}

const script = fileURLToPath(new URL('./play-tasks.ts', import.meta.url))

export function playTasks(names: readonly string[], env: Record<string, string>, cwd?: string): Went[] {
  const { stdout, stderr } = spawnSync(process.execPath, [script, ...names], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}
