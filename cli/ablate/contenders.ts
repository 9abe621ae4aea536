/** What an ablation compares: the variants of the method, and small dense networks that learn online, without a teacher. */
import { join } from 'node:path'
import { distillOptions, recipeOf } from '../../trainer/distill/options.ts'
import { denseSizes } from '../../trainer/distill/variants/dense.ts'
import { type VariantName, variantNames, variantOf } from '../../trainer/distill/variants.ts'
import type { TaskSpec } from '../../trainer/tasks/task.ts'
import type { Algorithm } from '../../trainer/teachers/algorithms.ts'
import { teacherFiles } from '../card.ts'
import { once } from '../jobs/once.ts'

/** One run of one contender. */
export interface Work {
  /** as the command line names it */
  task: string
  /** files that a task of one's own is made of */
  taskFiles: readonly string[]
  spec: TaskSpec
  teacherFile: string
  /** transitions of the teacher, of this seed */
  data: string
  /** a folder of its own */
  out: string
  seed: number
  /** number of weights to aim at */
  budget?: number
  /** as many steps in the environment as the others have transitions */
  transitions: number
  /** options of every distillation */
  recipe: readonly string[]
  /** what another recipe has finished in `out` may go */
  force: boolean
}

export interface Made {
  file: string
  weights: number
  /** before pruning */
  studentWeights: number
  bytes: number
  seconds: number
}

export interface Contender {
  /** it aims at a number of weights; the others find their own, which may be the budget of these */
  needsBudget: boolean
  make(work: Work): Promise<Made>
}

const distilled = (variant: VariantName): Contender => ({
  needsBudget: variantOf(variant).cutKind === 'budget',
  async make({ task, taskFiles, teacherFile, data, out, seed, budget, recipe, force }) {
    const words = ['distill', task, '--teacher', teacherFile, '--data', data, '--out', out, '--variant', variant]
    const own = ['--seed', `${seed}`, '--threads', '1', ...(budget === undefined ? [] : ['--budget', `${budget}`])]
    // a task's recipe that changes makes another job of the same command
    const unlessGiven = recipeOf(distillOptions(task, { seed, threads: 1 }))
    const how = { unlessGiven, force }
    return (await once(
      out,
      [...words, ...own, '--resume', ...recipe],
      [teacherFile, data, ...taskFiles],
      how,
    )) as unknown as Made
  },
})

/** Of SAC's Gaussian the mean is counted, which is what would ship. */
const online = (algorithm: Algorithm): Contender => ({
  needsBudget: true,
  async make({ task, taskFiles, spec, out, seed, budget, transitions, force }) {
    const [observations, actions] = [spec.observationNames.length, spec.actionNames.length]
    const hidden = denseSizes(observations, actions, 2, budget!)
    const weights = hidden[0] * (observations + actions) + hidden[0] * hidden[1]
    const size = ['--hidden', hidden.join(','), '--steps', `${transitions}`, '--episodes', '1']
    const words = ['teach', task, '--algorithm', algorithm, ...size]
    const card = await once(out, [...words, '--seed', `${seed}`, '--threads', '1', '--out', out], taskFiles, { force })
    return {
      file: join(out, teacherFiles.file),
      weights,
      studentWeights: weights,
      bytes: 4 * (weights + hidden[0] + hidden[1] + actions),
      seconds: Number(card.wallSeconds),
    }
  },
})

export const contenders: Readonly<Record<string, Contender>> = {
  ...Object.fromEntries(variantNames.map((name) => [name, distilled(name)])),
  'td3-small': online('td3'),
  'sac-small': online('sac'),
}
