/** The cards in models/ say what lies beside them, and how their figure comes again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkOf, studentFiles, teacherFiles } from '../../cli/card.ts'
import { shippedModels } from '../../cli/models.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { weightCount } from '../../runtime-as/format/network.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'

const tasks = readdirSync(shippedModels).filter((task) => existsSync(join(shippedModels, task, studentFiles.card)))
const read = (task: string, file: string) => JSON.parse(readFileSync(join(shippedModels, task, file), 'utf8'))

describe.each(tasks)('%s', (task) => {
  it.each([teacherFiles, studentFiles])('$card is that of $file', ({ card, file }) => {
    expect(read(task, card)).toMatchObject({ task, file, sha256: sha256OfFile(join(shippedModels, task, file)) })
  })

  it('has the command that gives its figure again, the seed of its episodes included', () => {
    const { check, seed, return: figure } = read(task, studentFiles.card)
    expect(check).toBe(checkOf(task, seed, figure.episodes))
    expect(check).toContain(` --seed ${seed} `)
  })

  it('counts weights without biases, and says against what', () => {
    const card = read(task, studentFiles.card)
    const { weights } = decodePolicy(readFileSync(join(shippedModels, task, studentFiles.file)))
    expect(card.weights).toBe(weights)
    if (card.keptOfTeacher === undefined) expect(card.keptOfPaperNetwork).toBeLessThan(0.05)
    else {
      const { network } = loadTeacher(join(shippedModels, task, teacherFiles.file))
      expect(card.keptOfTeacher).toBe(weights / weightCount(network))
    }
  })
})
