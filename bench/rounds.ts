/**
 * Whether memory grows with the rounds of a student that acts itself: the most that the pendulum's distillation in stages takes, for more and more
 * rounds at its number of weights, each in a process of its own; one JSON object.
 */
import { spawnSync } from 'node:child_process'
import { collectTransitions, distill } from '../trainer/from-code.ts'
import { loadTeacher } from '../trainer/teachers/teacher.ts'

const ROUNDS = [2, 8, 32]

async function measure(rounds: number): Promise<void> {
  const teacher = loadTeacher(new URL('../models/pendulum/teacher.safetensors', import.meta.url).pathname)
  const transitions = await collectTransitions({ task: 'pendulum', teacher, transitions: 20_000, workers: 1 })
  const shape = {
    variant: 'obd',
    steps: 400,
    keep: [100],
    stageUpdates: 200,
    roundUpdates: 200,
    tuneUpdates: 200,
  } as const
  const options = { ...shape, rounds, ownStates: 10_000, threads: 1, pickEpisodes: 50 }
  const { distilled } = await distill({ task: 'pendulum', teacher, transitions, options })
  const ownStates = distilled.sweep[0].environmentSteps?.ownStates
  const mostMB = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)
  console.log(JSON.stringify({ rounds, ownStates, mostMB }))
}

const [rounds] = process.argv.slice(2)
if (rounds) {
  await measure(Number(rounds))
  process.exit()
}
const rows = ROUNDS.map((wanted) => {
  const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, `${wanted}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${wanted} rounds: exit ${status}`)
  return JSON.parse(stdout)
})
const [first, last] = [rows[0], rows[rows.length - 1]]
console.log(JSON.stringify({ rows, growth: Number((last.mostMB / first.mostMB).toFixed(2)) }, null, 2))
