/** The jobs of a study, and what its table takes from which. */
import { InputError } from '../../runtime-as/errors.ts'
import { collectDefaults } from '../data/collect.ts'
import { checkWanted } from '../distill/distill.ts'
import { type DistillOptions, distillOptions, type Given, recipeOf } from '../distill/options.ts'
import { unusedIn } from '../distill/unused.ts'
import { requireDense } from '../distill/variants/dense.ts'
import { variantOf } from '../distill/variants.ts'
import type { Recipe } from '../recipe.ts'
import type { Controller } from '../tasks/evaluate.ts'
import { createTask, paperTasks, prepareTask, taskFacts } from '../tasks/registry.ts'
import type { TaskSpec } from '../tasks/task.ts'
import type { Teacher } from '../teachers/teacher.ts'
import { type Identified, identified, type Job, ONLINE_LAYERS, type TeacherSource, type Weights } from './jobs/job.ts'
import { weightBudget } from './paper.ts'
import type { Contender, Study } from './study.ts'
import { type OpenedTeacher, openStudyTeacher, taskOf } from './study-teachers.ts'

/** One place of a study's table: a contender with a teacher, a number of weights and a seed. */
export interface Entry {
  teacher: string
  task: string
  variant: string
  /** as the study says it: a share of the paper's weights, or a number; absent: the picked student */
  budget?: number
  /** that many weights at most, where it was said */
  weights?: number
  seed: number
  /** the distillation or training */
  made: string
  /** which of its students; absent: the picked one */
  point?: number
  evaluated: string
  /** of the teacher on the same episodes */
  teacherEvaluated: string
}

export interface Plan {
  study: Study
  /** each before those that need it; whole seeds first, so that what is there early can be read */
  jobs: readonly (Identified & { label: string })[]
  entries: readonly Entry[]
  teachers: readonly OpenedTeacher[]
}

/**
 * Opens teachers and prepares tasks. Throws InputError for what cannot be done, before any work. whole: all of its variants are there; of a part, what
 * its recipe has for the others is not idle
 */
export async function planOf(study: Study, { whole = true } = {}): Promise<Plan> {
  const teachers: OpenedTeacher[] = []
  for (const teacher of study.teachers) {
    await prepareTask(teacher.task)
    teachers.push(await openStudyTeacher(teacher))
  }
  if (typeof study.match === 'string' && !study.variants.some(({ name }) => name === study.match))
    throw new InputError(`study ${study.name}: match: ${study.match}, expected the name of one of its variants`)
  const planner = new Planner(study)
  for (let seed = 1; seed <= study.seeds; seed++) for (const teacher of teachers) planner.add(teacher, seed)
  if (whole) planner.requireUsed()
  return { study, jobs: [...planner.jobs.values()], entries: planner.entries, teachers }
}

class Planner {
  readonly jobs = new Map<string, Identified & { label: string }>()
  readonly entries: Entry[] = []
  readonly #study: Study
  /** of the study's own recipe: what no variant has used so far, and what it expects */
  #unused: Map<string, string> | undefined

  constructor(study: Study) {
    this.#study = study
  }

  /** Throws InputError for a part of a recipe that would do nothing: a variant's own, or the study's where it is of use to none of them. */
  readonly #uses = ({ name, recipe }: Contender, options: DistillOptions): void => {
    const called = (part: keyof Given) => (part === 'keep' && this.#study.budgets ? 'budgets' : part)
    const unused = (of: Partial<DistillOptions> = {}) => unusedIn(of, options, called)
    const [own] = unused(recipe)
    if (own) throw new InputError(`study ${this.#study.name}: ${name}: recipe.${own.name}: expected ${own.expected}`)
    const here = new Map(unused(this.#study.recipe).map((part) => [part.name, part.expected]))
    this.#unused = new Map([...(this.#unused ?? here)].filter(([part]) => here.has(part as keyof Recipe)))
  }

  /** After all variants. */
  requireUsed(): void {
    for (const [part, expected] of this.#unused ?? [])
      throw new InputError(`study ${this.#study.name}: recipe.${part}: expected ${expected}`)
  }

  add(teacher: OpenedTeacher, seed: number): void {
    const { task } = teacher
    const { spec } = createTask(task)
    const { episodes } = this.#study
    const source: TeacherSource =
      'blob' in teacher ? { blob: teacher.blob } : { job: this.#job(teacher.job, `${teacher.name}: teaching`) }
    const acts = 'blob' in teacher ? teacher.opened : () => {}
    const transitions = transitionsOf(this.#study, teacher)
    const label = (what: string) => `${teacher.name}, seed ${seed}: ${what}`
    const collect: Job = {
      kind: 'collect',
      ...taskOf(task),
      teacher: source,
      transitions,
      sigmas: sigmasOf(teacher),
      seed,
    }
    const data = this.#job(collect, label('collecting'))
    const measure = (actor: { teacher: TeacherSource } | { student: string; point?: number }, what: string) =>
      this.#job({ kind: 'evaluate', ...taskOf(task), actor, seed, episodes }, label(`returns of ${what}`))
    const teacherEvaluated = measure({ teacher: source }, 'the teacher')
    const picks = new Map<string, string>()
    // what others are matched to goes first
    const ordered = [...this.#study.variants].sort(
      (a, b) => Number(b.name === this.#study.match) - Number(a.name === this.#study.match),
    )
    for (const contender of ordered) {
      for (const aim of this.#aims(contender, task, spec, picks)) {
        const job = jobOf(contender, aim, {
          task,
          spec,
          study: this.#study,
          source,
          acts,
          data,
          transitions,
          seed,
          uses: this.#uses,
        })
        const made = this.#job(job, label(describe(contender, aim)))
        picks.set(contender.name, made)
        for (const { budget, weights, point } of aim.students) {
          const name = budget === undefined ? contender.name : `${contender.name} at ${weights}`
          const evaluated = measure({ student: made, point }, name)
          this.entries.push({
            teacher: teacher.name,
            task,
            variant: contender.name,
            budget,
            weights,
            seed,
            made,
            point,
            evaluated,
            teacherEvaluated,
          })
        }
      }
    }
  }

  #job(job: Job, label: string): string {
    const one = identified(job)
    if (!this.jobs.has(one.id)) this.jobs.set(one.id, { ...one, label })
    return one.id
  }

  /** The runs of a contender: one for all numbers of weights where one training gives them all, else one each. */
  #aims(contender: Contender, task: string, spec: TaskSpec, picks: ReadonlyMap<string, string>): Aim[] {
    const { budgets, match } = this.#study
    if (!budgets) return [{ match: this.#matched(contender, match, picks), students: [{}] }]
    const wanted = budgets.filter((_, i) => contender.budgets?.includes(i) ?? true)
    const weighed = wanted.map((budget) => ({
      budget,
      weights: budget <= 1 ? this.#shareOf(task, spec, budget) : budget,
    }))
    const many = contender.variant !== undefined && !variantOf(contender.variant).oneSize
    if (!many)
      return weighed.map((student) => ({ students: [{ ...student, point: contender.variant ? 0 : undefined }] }))
    // one run cuts from the most on, and to each number once
    const sizes = descending(weighed.map(({ weights }) => weights))
    return [{ students: weighed.map((student) => ({ ...student, point: sizes.indexOf(student.weights) })) }]
  }

  #shareOf(task: string, spec: TaskSpec, share: number): number {
    if (paperTasks().includes(task)) return weightBudget(task, spec, share)
    throw new InputError(
      `study ${this.#study.name}: budgets: ${share} of the paper's weights, but the paper has no ${task}: expected a whole number of weights`,
    )
  }

  #matched(
    { name, variant }: Contender,
    match: string | number | undefined,
    picks: ReadonlyMap<string, string>,
  ): Weights | undefined {
    if (variant && variantOf(variant).cutKind === 'threshold') return undefined
    if (typeof match === 'number') return match
    const of = match === undefined ? undefined : picks.get(match)
    if (of === undefined || name === match)
      throw new InputError(
        `study ${this.#study.name}: ${name} needs a number of weights, expected budgets, or match with a variant that picks its own`,
      )
    return { of }
  }
}

interface Aim {
  /** where nothing is said of numbers of weights */
  match?: Weights
  students: readonly { budget?: number; weights?: number; point?: number }[]
}

/** Each number once. */
const descending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => b - a)

const describe = ({ name }: Contender, { students }: Aim): string =>
  students[0].budget === undefined ? name : `${name} at ${students.map(({ weights }) => weights).join(', ')}`

interface Circumstances {
  task: string
  spec: TaskSpec
  study: Study
  source: TeacherSource
  /** a stand-in where it is not trained yet */
  acts: Teacher | Controller
  data: string
  transitions: number
  seed: number
  /** told what each contender is distilled with */
  uses: (contender: Contender, options: DistillOptions) => void
}

function jobOf(contender: Contender, aim: Aim, about: Circumstances): Job {
  const { task, study, source, data, transitions, seed } = about
  const first = aim.students[0].weights
  const sizes = [about.spec.observationNames.length, about.spec.actionNames.length] as const
  const name = `study ${study.name}: budgets: ${contender.name}`
  if (contender.online) {
    if (first !== undefined) requireDense(sizes, ONLINE_LAYERS, first, name)
    const weights = first ?? aim.match
    return {
      kind: 'teach',
      ...taskOf(task),
      algorithm: contender.online,
      steps: transitions,
      hidden: { weights: weights! },
      seed,
      more: {},
    }
  }
  // a number of weights that is matched stands in place of those of the recipe
  const given: Given = {
    ...study.recipe,
    ...contender.recipe,
    ...aimed(contender, aim),
    ...(aim.match !== undefined && { keep: undefined }),
    seed,
    threads: 1,
  }
  const options = distillOptions(task, given)
  checkOptions(options, about)
  if (first !== undefined && variantOf(options.variant).uncut) requireDense(sizes, options.hidden.length, first, name)
  about.uses(contender, options)
  const budget = aim.match === undefined ? {} : { budget: aim.match }
  const { revision } = variantOf(options.variant)
  return { kind: 'distil', ...taskOf(task), teacher: source, data, options: recipeOf(options), ...budget, revision }
}

/** Numbers of weights as the recipe has them. */
function aimed({ variant, recipe }: Contender, { students }: Aim): Partial<Recipe> & { variant: Contender['variant'] } {
  const weights = descending(students.flatMap((student) => student.weights ?? []))
  if (!weights.length) return { variant }
  const { oneSize, cutKind } = variantOf(variant!)
  if (oneSize) return { variant, budget: weights[0] }
  const keep = { variant, keep: weights }
  // the picked one is the best at the largest number; of the others too it is no part of the table
  return cutKind === 'threshold' && recipe?.maxWeights === undefined
    ? { ...keep, maxWeights: weights[0] }
    : { ...keep, budget: weights[0] }
}

/** All that is wrong with a recipe is said before there is data. */
function checkOptions(options: DistillOptions, { spec, acts, task }: Circumstances): void {
  const data = { observationSize: spec.observationNames.length, actionSize: spec.actionNames.length }
  checkWanted({ contract: spec, data, teacher: acts, options, simulator: { taskName: task, workers: 1 } })
}

export const transitionsOf = (study: Study, teacher: { task: string; transitions?: number }): number =>
  teacher.transitions ?? study.transitions ?? taskFacts(teacher.task).reproduction?.transitions ?? 20_000

const sigmasOf = ({ task, sigmas }: { task: string; sigmas?: readonly number[] }): readonly number[] =>
  sigmas ?? taskFacts(task).reproduction?.sigmas ?? collectDefaults.sigmas
