import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { teachVerb } from '../../cli/verbs/teach.ts'

const models = new URL('../../models/', import.meta.url)

describe("the command on a shipped teacher's card", () => {
  it.each(readdirSync(models))('%s: is one that bpd teach takes, and means what the card says', (task) => {
    const card = JSON.parse(readFileSync(new URL(`${task}/card.json`, models), 'utf8'))
    const [bpd, verb, ...words] = card.command.split(' ')
    expect([bpd, verb]).toEqual(['bpd', 'teach'])
    let taken: [task: string, options: Record<string, unknown>] | undefined
    teachVerb
      .exitOverride()
      .action((...given) => {
        taken = [given[0], given[1]]
      })
      .parse(words, { from: 'user' })
    const [name, options] = taken!
    const { sizes, algorithm, batchSize = 256, randomSteps = 1000, steps, seed, rate, exploration, fused } = card
    expect(name).toBe(task)
    expect(options).toMatchObject({ hidden: sizes.slice(1, -1), algorithm: algorithm.toLowerCase(), batchSize })
    expect(options).toMatchObject({ randomSteps, steps, seed, rate, exploration, fused })
  })
})
