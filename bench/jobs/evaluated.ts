/** `bpd eval` as a job that is done once. */
import { FailedError } from '../../runtime-as/errors.ts'
import type { Outcome } from '../../trainer/tasks/evaluate.ts'
import { once } from './once.ts'

interface Evaluation {
  task: string
  file: string
  seed: number
  episodes: number
  workers?: number
  /** files beside `file` that the figures depend on */
  taskFiles?: readonly string[]
  force: boolean
}

/** What is read of each episode: a job of a version that told less is another one, and done again. */
const TOLD = { episodes: 'returns, fell' }

/** Outcomes of the reported episodes, in their order. folder: the job's own */
export async function evaluated(
  folder: string,
  { task, file, seed, episodes, workers, taskFiles = [], force }: Evaluation,
): Promise<Outcome[]> {
  const how = ['--episodes', `${episodes}`, ...(workers === undefined ? [] : ['--workers', `${workers}`])]
  const words = ['eval', task, file, ...how, '--seed', `${seed}`]
  const { returns, fell } = await once(folder, words, [file, ...taskFiles], { unlessGiven: TOLD, force })
  if (!Array.isArray(returns) || !Array.isArray(fell))
    throw new FailedError(`${folder}: result.json: expected returns and fell, as "bpd eval --json" prints them`)
  return returns.map((value, episode) => ({ return: Number(value), fell: fell[episode] === true }))
}
