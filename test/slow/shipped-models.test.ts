/**
 * What `bpd eval` says of the teachers and students in models/ is what their cards say, on the same episodes: the bytes of the files,
 * through the wasm kernel.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { policyOf } from '../../cli/verbs/eval.ts'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'

const folder = fileURLToPath(new URL('../../models/', import.meta.url))
const having = (file: string) => readdirSync(folder).filter((name) => existsSync(`${folder}${name}/${file}`))

async function replayed(
  taskName: string,
  file: string,
  card: { sha256: string; seed: number; return: { episodes: number } },
) {
  const path = `${folder}${taskName}/${file}`
  expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(card.sha256)
  await prepareTask(taskName)
  const policy = await policyOf(path, createTask(taskName).spec)
  const wanted = { seed: card.seed, purpose: 'report' as const }
  return outcomeStatistics(await playEpisodes({ taskName, policy }, wanted, card.return.episodes, 2))
}

const read = (taskName: string, card: string) => JSON.parse(readFileSync(`${folder}${taskName}/${card}`, 'utf8'))

const students = ['student', 'smallest'].flatMap((name) => having(`${name}.bpd`).map((task) => [task, name] as const))

it.each(students)('%s: the %s returns what its card says', async (taskName, name) => {
  const card = read(taskName, `${name}.json`)
  const { median, fellRate, ...measured } = await replayed(taskName, `${name}.bpd`, card)
  expect(measured).toEqual(card.return)
  // the pendulum's card, older than these, has neither
  expect({ median, fellRate }).toMatchObject(
    card.median === undefined ? {} : { median: card.median, fellRate: card.fellRate },
  )
})

it.each(having('teacher.safetensors'))('%s: the teacher returns what its card says', async (taskName) => {
  const card = read(taskName, 'card.json')
  const { median: _, fellRate: __, ...measured } = await replayed(taskName, 'teacher.safetensors', card)
  expect(measured).toEqual(card.return)
})
