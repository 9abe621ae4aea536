/** `bpd eval <task> models/<task>/student.bpd` gives the figure on the card again: the bytes of the file, through the wasm kernel. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { playEpisodes } from '../../trainer/data/episodes.ts'
import { outcomeStatistics } from '../../trainer/tasks/evaluate.ts'
import { prepareTask } from '../../trainer/tasks/registry.ts'

const folder = new URL('../../models/', import.meta.url)
const students = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/student.bpd`, folder)))

it.each(students)('%s: the student returns what its card says, on the same episodes', async (taskName) => {
  const card = JSON.parse(readFileSync(new URL(`${taskName}/student.json`, folder), 'utf8'))
  const policy = readFileSync(new URL(`${taskName}/student.bpd`, folder))
  expect(createHash('sha256').update(policy).digest('hex')).toBe(card.sha256)
  await prepareTask(taskName)
  const wanted = { seed: card.seed, purpose: 'report' as const }
  const outcomes = await playEpisodes({ taskName, policy }, wanted, card.return.episodes, 2)
  const { median, failureRate, ...measured } = outcomeStatistics(outcomes)
  expect(measured).toEqual(card.return)
  // the pendulum's card, older than these, has neither
  expect({ median, failureRate }).toMatchObject(
    card.median === undefined ? {} : { median: card.median, failureRate: card.failureRate },
  )
})
