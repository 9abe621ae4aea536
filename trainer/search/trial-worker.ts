/** A worker of trials.ts: one environment, one trial a message. */
import { parentPort, workerData } from 'node:worker_threads'
import { prepareTask } from '../tasks/registry.ts'
import { type Trial, type TrialSetting, trialRunner } from './trials.ts'

const setting: TrialSetting = workerData
await prepareTask(setting.taskName)
const run = trialRunner(setting)
parentPort!.on('message', (trial: Trial) => {
  const outcome = run(trial)
  parentPort!.postMessage(outcome, outcome.observations ? [outcome.observations.buffer] : [])
})
