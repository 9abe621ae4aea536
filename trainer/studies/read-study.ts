/** A study out of a file: YAML or JSON, every field checked, none unknown. */
import { dirname, isAbsolute, join } from 'node:path'
import { parse } from 'yaml'
import { InputError } from '../../runtime-as/errors.ts'
import { MOST_TRANSITIONS } from '../data/transitions.ts'
import { variantNames } from '../distill/variants.ts'
import { readNamed } from '../files/access.ts'
import { Field } from '../files/field.ts'
import { kindThere } from '../files/open.ts'
import { type Kind, wordsOf } from '../files/sniff.ts'
import { readRecipe } from '../recipe-rules.ts'
import { taskNames } from '../tasks/registry.ts'
import { algorithmNames } from '../teachers/algorithms.ts'
import type { Contender, Study, StudyTeacher, Taught } from './study.ts'

/** Most bytes of a study's file, and most jobs that one may ask for. */
const [MOST_BYTES, MOST_SEEDS, MOST_WEIGHTS] = [1 << 20, 1000, 100_000_000]

/** What YAML may be taken for. */
const TEXTS: readonly Kind[] = ['json', 'text', 'csv']

/** Throws InputError for a file that is none, with its name, the field and what was expected there. */
export function readStudy(file: string): Study {
  const kind = kindThere(file)
  if (!TEXTS.includes(kind)) throw new InputError(`${file}: ${wordsOf(kind)}, expected a study as YAML or JSON`)
  const bytes = readNamed(file)
  if (bytes.length > MOST_BYTES)
    throw new InputError(`${file}: ${bytes.length} bytes, expected a study of at most ${MOST_BYTES}`)
  return studyIn(new Field(file, '', yamlIn(file, Buffer.from(bytes).toString())), dirname(file))
}

/** The entries of a list that has some. */
function atLeastOne(field: Field): Field[] {
  const items = field.items()
  return items.length ? items : field.refuse('one or more')
}

function yamlIn(file: string, text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new InputError(
      `${file}: expected YAML or JSON: ${(error as Error).message.split('\n', 1)[0].replace(/:$/, '')}`,
    )
  }
}

/** folder: what paths are relative to */
function studyIn(field: Field, folder: string): Study {
  const known = [
    'name',
    'question',
    'teachers',
    'variants',
    'budgets',
    'match',
    'seeds',
    'episodes',
    'transitions',
    'recipe',
    'baseline',
  ]
  field.only(known)
  const name = field.at('name').text()
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/.test(name)) field.at('name').refuse('small letters, digits and dashes')
  const teachers = atLeastOne(field.at('teachers')).map((one) => teacherIn(one, folder))
  const variants = atLeastOne(field.at('variants')).map(contenderIn)
  for (const [what, all] of [
    ['teachers', teachers],
    ['variants', variants],
  ] as const)
    if (new Set(all.map((one) => one.name)).size < all.length) field.at(what).refuse('each name once')
  const budgets = optional(field, 'budgets', (list) => atLeastOne(list).map(budgetIn))
  const match = optional(field, 'match', (one) => (typeof one.value === 'number' ? one.whole(1) : one.text()))
  const said = field.at('variants').items()
  if (budgets) for (const one of [field, ...said]) refuseWeights(one)
  if (budgets && match !== undefined) field.at('match').refuse('none beside budgets')
  if (budgets && new Set(budgets).size < budgets.length) field.at('budgets').refuse('each number once')
  for (const [i, { budgets: own = [] }] of variants.entries())
    for (const [j, place] of own.entries())
      if (place >= (budgets?.length ?? 0))
        said[i].at('budgets').items()[j].refuse("the place of one of the study's budgets, from 0 on")
  const names = variants.map((one) => one.name)
  return {
    name,
    question: optional(field, 'question', (one) => one.text()),
    teachers,
    variants,
    budgets,
    match,
    seeds: field.at('seeds').whole(1, MOST_SEEDS),
    episodes: field.at('episodes').whole(1, 100_000),
    transitions: optional(field, 'transitions', (one) => one.whole(100, MOST_TRANSITIONS)),
    recipe: optional(field, 'recipe', readRecipe),
    baseline: optional(field, 'baseline', (one) => one.oneOf(names)),
  }
}

function teacherIn(field: Field, folder: string): StudyTeacher {
  field.only(['name', 'task', 'file', 'sha256', 'teach', 'transitions', 'sigmas'])
  const task = field.at('task').text()
  if (!taskNames().includes(task)) field.at('task').refuse(`one of ${taskNames().join(', ')}`)
  const file = optional(field, 'file', (one) => one.text())
  const teach = optional(field, 'teach', taughtIn)
  if ((file === undefined) === (teach === undefined)) field.at('file').refuse('a file, or teach in its place')
  return {
    name: field.at('name').text(),
    task,
    ...(file !== undefined && { file: isAbsolute(file) ? file : join(folder, file) }),
    sha256: optional(field, 'sha256', (one) => one.text()),
    teach,
    transitions: optional(field, 'transitions', (one) => one.whole(100, MOST_TRANSITIONS)),
    sigmas: optional(field, 'sigmas', (one) => atLeastOne(one).map((sigma) => sigma.number(0))),
  }
}

function taughtIn(field: Field): Taught {
  field.only(['algorithm', 'steps', 'hidden', 'seed'])
  return {
    algorithm: field.at('algorithm').oneOf(algorithmNames),
    steps: field.at('steps').whole(2),
    hidden: atLeastOne(field.at('hidden')).map((size) => size.whole(1, 1024)),
    seed: field.at('seed').whole(0, 0xffffffff),
  }
}

/** A variant's name alone stands for the variant. */
function contenderIn(field: Field): Contender {
  if (typeof field.value === 'string') {
    const variant = field.oneOf(variantNames)
    return { name: variant, variant }
  }
  field.only(['name', 'variant', 'online', 'recipe', 'budgets'])
  const variant = optional(field, 'variant', (one) => one.oneOf(variantNames))
  const online = optional(field, 'online', (one) => one.oneOf(algorithmNames))
  if ((variant === undefined) === (online === undefined))
    field.at('variant').refuse('a variant, or online in its place')
  return {
    name: field.at('name').text(),
    variant,
    online,
    recipe: optional(field, 'recipe', readRecipe),
    budgets: optional(field, 'budgets', (list) => atLeastOne(list).map((one) => one.whole(0))),
  }
}

/** Numbers of weights are said once: by the study. */
function refuseWeights(field: Field): void {
  if (typeof field.value !== 'object' || field.at('recipe').value === undefined) return
  for (const key of ['keep', 'budget'])
    if (field.at('recipe').map()[key] !== undefined) field.at('recipe').at(key).refuse('none beside budgets')
}

function budgetIn(field: Field): number {
  const value = field.number()
  if (value <= 0 || value > MOST_WEIGHTS || (value > 1 && !Number.isInteger(value)))
    field.refuse(`a share of the paper's weights up to 1, or a whole number of weights up to ${MOST_WEIGHTS}`)
  return value
}

const optional = <T>(field: Field, key: string, read: (field: Field) => T): T | undefined =>
  field.at(key).value === undefined ? undefined : read(field.at(key))
