import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { studyNames, studyOf } from '../../../cli/study/named.ts'
import { readStudy } from '../../../trainer/studies/read-study.ts'
import { tiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-study-'))
const file = join(folder, 'study.json')
afterAll(() => rmSync(folder, { recursive: true }))

const read = (content: unknown) => {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readStudy(file)
}

describe('a study out of a file', () => {
  it('is the value that was written', () => {
    expect(read(tiny)).toEqual({ ...tiny, teachers: [{ ...tiny.teachers[0] }], variants: tiny.variants })
  })

  it('is YAML too, in which a name stands for a variant and paths are relative to the file', () => {
    const study = read(
      'name: a\nteachers: [{name: t, task: pendulum, file: t.onnx}]\nvariants: [no-q]\nseeds: 1\nepisodes: 1\n',
    )
    expect(study.variants).toEqual([{ name: 'no-q', variant: 'no-q' }])
    expect(study.teachers[0].file).toBe(join(folder, 't.onnx'))
  })

  it.each<[string, unknown, string]>([
    ['an unknown field', { ...tiny, seed: 1 }, 'seed: 1, expected none of that name'],
    ['no name', { ...tiny, name: undefined }, 'name: absent, expected a text'],
    ['a name that leads elsewhere', { ...tiny, name: '../x' }, 'name: "../x", expected small letters'],
    ['no variants', { ...tiny, variants: [] }, 'variants: [], expected one or more'],
    ['an unknown variant', { ...tiny, variants: ['l0'] }, 'variants.0: "l0", expected bpd or no-q'],
    ['a name twice', { ...tiny, variants: ['bpd', 'bpd'] }, 'expected each name once'],
    [
      'a number of the recipe that is none',
      { ...tiny, recipe: { step: 1 } },
      'recipe.step: 1, expected none of that name',
    ],
    ['one out of its range', { ...tiny, recipe: { steps: 1 } }, 'recipe.steps: 1, expected a whole number >= 2'],
    [
      'a task that would load a module',
      { ...tiny, teachers: [{ name: 't', task: './evil.ts', file: 'x' }] },
      'teachers.0.task: "./evil.ts", expected one of',
    ],
    ['more weights than there can be', { ...tiny, budgets: [1e99] }, 'budgets.0: 1e+99, expected a share'],
    ['a number twice', { ...tiny, budgets: [40, 40] }, 'budgets: [40,40], expected each number once'],
    ['a fraction of a weight', { ...tiny, budgets: [1.5] }, 'budgets.0: 1.5, expected a share'],
    ['seeds without end', { ...tiny, seeds: 1e9 }, 'seeds: 1000000000, expected a whole number from 1 to 1000'],
    ['numbers of weights twice', { ...tiny, recipe: { keep: [9] } }, 'recipe.keep: [9], expected none beside budgets'],
    [
      'a budget of a variant that the study has not',
      { ...tiny, variants: ['bpd', { name: 'x', variant: 'no-q', budgets: [0, 2] }] },
      "variants.1.budgets.1: 2, expected the place of one of the study's budgets",
    ],
    [
      'a variant without a budget',
      { ...tiny, variants: [{ name: 'x', variant: 'no-q', budgets: [] }] },
      'variants.0.budgets: [], expected one or more',
    ],
    ['a path of no penalty', { ...tiny, recipe: { l1Path: [] } }, 'recipe.l1Path: [], expected 1 to 100 entries'],
    ['critics without hidden layers', { ...tiny, recipe: { criticHidden: [] } }, 'recipe.criticHidden: [], expected'],
    [
      'a threshold beyond any',
      { ...tiny, recipe: { threshold: 11 } },
      'threshold: 11, expected a number from -10 to 10',
    ],
    ['no YAML', '{', 'expected YAML or JSON'],
    ['a bomb of aliases', 'a: &a [1]\nb: [*a, *a]', 'expected YAML or JSON'],
  ])('%s is refused in a line that names file and field', (_, content, message) => {
    expect(() => read(content)).toThrow(message)
    expect(() => read(content)).toThrow(file)
  })
})

describe('the studies of the package', () => {
  it.each(studyNames())('%s can be read, and is named after its file', (name) => {
    expect(studyOf(name).name).toBe(name)
  })
})
