/** Prepares each task that it is told and plays an episode of it with no action; prints how each went as JSON. In a process of its own: a test's runner loads modules its own way. */
import { playEpisode } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'

const went: object[] = []
for (const name of process.argv.slice(2)) {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  try {
    await prepareTask(name)
    const task = createTask(name)
    const outcome = playEpisode(task, (_, action) => action.fill(0), 1, 'report', 0)
    went.push({ ...outcome, spec: task.spec, observation: [...task.observation], seconds: seconds() })
    task.close?.()
  } catch (error) {
    const { name: kind, message } = error as Error
    went.push({ kind, message, seconds: seconds() })
  }
}
process.stdout.write(JSON.stringify(went), () => process.exit(0))
