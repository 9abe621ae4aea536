/** A worker of episode-pool.ts: one environment, whoever was sent last acts in it, one episode a message. */
import { parentPort, workerData } from 'node:worker_threads'
import { createTask, prepareTask } from '../tasks/registry.ts'
import { type Actors, type EpisodeRunner, episodeRunner, type Wanted } from './episode.ts'

const taskName = workerData as string
await prepareTask(taskName)
const task = createTask(taskName)
let run: EpisodeRunner
parentPort!.on('message', async (message: Actors | { wanted: Wanted; episode: number }) => {
  if ('policy' in message) {
    run = episodeRunner(task, message)
    return
  }
  const result = await run(message.wanted, message.episode)
  const rows = 'rows' in result ? result.rows : result
  parentPort!.postMessage(result, rows instanceof Float32Array ? [rows.buffer] : [])
})
