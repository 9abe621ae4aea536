/** A worker of episodes.ts: one environment, one policy, one episode a message. */
import { parentPort, workerData } from 'node:worker_threads'
import { prepareTask } from '../tasks/registry.ts'
import { episodeRunner, type Setting, type Wanted } from './episodes.ts'

const setting = workerData as Setting
await prepareTask(setting.taskName)
const run = episodeRunner(setting)
parentPort!.on('message', ({ wanted, episode }: { wanted: Wanted; episode: number }) => {
  const result = run(wanted, episode)
  parentPort!.postMessage(result, result instanceof Float32Array ? [result.buffer] : [])
})
