/** The cards in models/ say what lies beside them, and how their figure comes again. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkCard, checkOf, studentFiles, teacherFiles } from '../../cli/card.ts'
import { shippedModels } from '../../cli/models.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { loadTeacher, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'

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

  it('says that its file is not signed', () => {
    expect(read(task, studentFiles.card).signature).toBeNull()
  })

  it('counts weights without biases, and says against what', () => {
    const card = read(task, studentFiles.card)
    const { weights } = decodePolicy(readFileSync(join(shippedModels, task, studentFiles.file)))
    expect(card.weights).toBe(weights)
    if (card.keptOfTeacher === undefined) expect(card.keptOfPaperNetwork).toBeLessThan(0.05)
    else {
      const teacher = loadTeacher(join(shippedModels, task, teacherFiles.file))
      expect(card.keptOfTeacher).toBe(weights / teacherWeights(teacher))
    }
  })
})

describe('a model beside its card', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-cards-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const put = (files: { file: string; card: string }, change: (card: Record<string, unknown>) => void) => {
    for (const name of Object.values(files)) copyFileSync(join(shippedModels, 'pendulum', name), at(name))
    const card = JSON.parse(readFileSync(at(files.card), 'utf8'))
    change(card)
    writeFileSync(at(files.card), JSON.stringify(card))
    return () => checkCard(at(files.file))
  }

  it.each([teacherFiles, studentFiles])('is taken where the card says what it is, or is of another: $file', (files) => {
    put(files, () => {})()
    put(files, (card) => Object.assign(card, { file: 'other', sha256: '' }))()
  })

  it.each<[files: typeof teacherFiles | typeof studentFiles, what: string, value: unknown]>([
    [teacherFiles, 'sha256', 'ab'.repeat(32)],
    [teacherFiles, 'sizes', [3, 256, 255, 1]],
    [studentFiles, 'sha256', undefined],
    [studentFiles, 'weights', 77],
    [studentFiles, 'bytes', 1],
    [studentFiles, 'liveUnits', [16, 11]],
    [studentFiles, 'task', 'hopper'],
    [studentFiles, 'signature', { keyId: '0123456789abcdef', counter: 7 }],
  ])('is refused by the card and its field: $file, %s', (files, what, value) => {
    const check = put(files, (card) => Object.assign(card, { [what]: value }))
    expect(check).toThrow(InputError)
    expect(check).toThrow(`${at(files.card)}: ${what}: `)
  })

  it('whose card is no JSON is refused, where demo, eval and ablate read it', () => {
    const check = put(teacherFiles, () => {})
    writeFileSync(at(teacherFiles.card), '{')
    expect(check).toThrow(`${at(teacherFiles.card)}: expected JSON`)
    for (const words of [
      ['eval', 'pendulum', at(teacherFiles.file)],
      ['demo', 'pendulum', '--teacher', at(teacherFiles.file)],
      ['ablate', 'pendulum', '--teacher', at(teacherFiles.file)],
    ]) {
      const { status, lines } = bpdIn(folder, ...words)
      expect({ status, line: lines.at(-1) }).toEqual({
        status: 2,
        line: `bpd: ${at(teacherFiles.card)}: expected JSON`,
      })
    }
  })
})
