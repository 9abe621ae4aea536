/**
 * Bayesian Policy Distillation, from data to a policy file: with a teacher or without, judged by its return or by the error of its actions.
 * The trainer's last word.
 */
import { InputError } from '../../runtime-as/errors.ts'
import { checkContract, contractHash } from '../../runtime-as/format/contract.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { type Contract, type Network, weightCount } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import type { PolicyContract } from '../contract.ts'
import { crcOf } from '../files/seal.ts'
import { sha256 } from '../files/sha256.ts'
import { type Controller, controllerOf } from '../tasks/evaluate.ts'
import { actionsOnMany } from '../teachers/many.ts'
import { controllerWithin } from '../teachers/policy.ts'
import { contractOf, encodeTeacher, type Teacher } from '../teachers/teacher.ts'
import type { Checkpoints } from './checkpoint.ts'
import { augmented, type Data, hasRewards, type Labeller, labelled, labellerOf, spreadObservations } from './data.ts'
import type { Judge } from './judge.ts'
import { rangeOf, within } from './observation-bounds.ts'
import { type DistillOptions, distillDefaults, recipeOf } from './options.ts'
import { runPath } from './path.ts'
import { type Distilled, type DistillRun, runPhases, type TrainedStudents } from './phases.ts'
import { Playground, type Simulator } from './playground.ts'
import type { Candidate, EnvironmentSteps } from './points.ts'
import { passesOf } from './search-passes.ts'
import type { DistillJob, Start } from './session.ts'
import { budgetsOf, isStaged, takesPenalty } from './stages/plan.ts'
import { weightsOfSizes } from './variants/dense.ts'
import { variantOf } from './variants.ts'

export type { Distilled, Progress } from './phases.ts'

/** what the file of a student says that no simulator judged */
export const HELD_OUT = 'held-out action error'
/** observations whose actions every student file promises */
const goldens = 8

export interface Distillation extends Omit<DistillRun, 'checkpoints' | 'trained'> {
  /** what the student expects and promises; a task's `spec` is one */
  contract: PolicyContract
  data: Data
  /** a teacher file's content, or a function that writes the action for an observation; absent: the actions of the data are cloned */
  teacher?: Teacher | Controller
  /** `returnIn(createTask)` or `heldOutError` */
  judge: Judge
  /** of `distillOptions` */
  options: DistillOptions
  /** part: which of several trainings, from 0 */
  checkpoints?: (job: DistillJob, part: number) => Checkpoints
  /** students before they are cut, to read one or to keep it */
  trained?: (job: DistillJob) => TrainedStudents
  /** a student's file as it will lie there, quantised or signed: what `maxBytes` counts. Default: as it is */
  stored?: (file: Uint8Array) => Uint8Array
  /** a student to go on from, f32, in place of training one: it is cut in stages, its hidden sizes are those of the options */
  start?: Start
  /** the task by its name, for own states and for a search on the return; must be prepared */
  simulator?: Simulator
}

type Shipped = Pick<Candidate, 'network' | 'threshold' | 'budget' | 'environmentSteps'>

/** A distilled student. */
export interface Student {
  /** of its .bpd file */
  bytes: Uint8Array
  /** files of all that were tuned, in their order */
  points: Uint8Array[]
  distilled: Distilled
}

/** The files depend on contract, data, teacher, judge and options alone: no date, no machine in them. Throws InputError, FailedError, Interrupted. */
export async function distill(wanted: Distillation): Promise<Student> {
  const { contract, data, judge, options, checkpoints, onProgress, signal, stored = (file) => file } = wanted
  checkWanted(wanted)
  const teacher = controllerFor(wanted)
  const byError = judge.measure === 'error'
  const label = labellerFor(wanted)
  // what `collect` made has the actions of its teacher already
  const haveLabels = data.hasTeacherActions !== false && !byError
  const labels = labelled(data, haveLabels ? undefined : label)
  const sitting = judge.sit({ contract, data: labels, teacher, options })
  const { augment, observationBounds: outside, observationMargin } = options
  const training = augment && label ? augmented(sitting.training, label, augment, options.seed) : sitting.training

  // the student's output is squashed as it was trained: tanh
  const bounds = outside ? rangeOf(data, outside, observationMargin) : contract.bounds
  const plain = contractOf({ ...contract, bounds }, 'tanh', {})
  const golden = spreadObservations(data, goldens).map((x) => within(x, bounds))
  const encode = (network: Network, contract: Contract) => encodePolicy(network, contract, golden)
  const ship = (network: Network, cut: number, studentWeights: number, environmentSteps?: EnvironmentSteps) => {
    const method = 'Bayesian Policy Distillation'
    // files say threshold of a budget too, as they always have: the same run makes the same bytes
    const said = { method, threshold: cut, studentWeights, recipe: uncommon(options) }
    // a policy that was made on its own states says so
    const provenance = environmentSteps ? { ...said, environmentSteps } : said
    return encode(network, {
      ...plain,
      provenance: byError ? { ...provenance, judge: HELD_OUT } : provenance,
    })
  }
  const { simulator, start } = wanted
  const playground =
    simulator &&
    new Playground(
      simulator,
      typeof wanted.teacher === 'object' ? wanted.teacher : undefined,
      { contract: plain, golden },
      options.seed,
    )
  const known = {
    data: labels.crc32,
    ...(typeof wanted.teacher === 'object' && { teacher: sha256(encodeTeacher(wanted.teacher)) }),
    ...(start && { start: crcOfNetwork(start.network) }),
  }
  const job: DistillJob = {
    start,
    playground,
    contract,
    judge: sitting,
    training,
    cloneLabels: options.clone === 'teacher' || (byError && options.valueWeight === 0),
    scaled: byError,
    identity: byError ? { ...known, judge: 'error', contract: contractHash(plain) } : known,
    policyOf: (network) => encode(network, plain),
    controllerOf: (network) => controllerOf(loadPolicy(encode(network, plain), 'student')),
    bytesOf: (...student) => stored(ship(...student)).length,
    options,
  }
  const runOf = (one: DistillJob, part = 0) => ({
    onProgress,
    signal,
    checkpoints: checkpoints?.(one, part),
    trained: wanted.trained?.(one),
  })
  const { l1Path } = options
  const distilled = await (l1Path ? runPath(job, l1Path, runOf) : runPhases(job, runOf(job))).finally(() =>
    playground?.close(),
  )
  const { studentWeights, candidates } = distilled
  const fileOf = ({ network, threshold, budget, environmentSteps }: Shipped) =>
    ship(network, (threshold ?? budget)!, studentWeights, environmentSteps)
  return { bytes: fileOf(distilled), points: candidates.map(fileOf), distilled }
}

/** A teacher file's content, as one that acts. */
const controllerFor = ({ teacher, contract }: Distillation): Controller | undefined =>
  typeof teacher === 'object' ? controllerWithin(teacher, contract) : teacher

/** With the teacher's own bounds: where the contract's are others, they limit what is asked of the student, not what the teacher says. */
function labellerFor({ teacher, contract }: Distillation): Labeller | undefined {
  if (typeof teacher === 'object') return actionsOnMany(teacher, contract)
  return teacher && labellerOf(teacher, contract.observationNames.length, contract.actionNames.length)
}

/** What can be refused before there is data: its sizes are the task's. */
type Checked = Pick<Distillation, 'contract' | 'teacher' | 'options' | 'simulator' | 'start' | 'trained'> & {
  data: Pick<Data, 'observationSize' | 'actionSize' | 'hasRewards'>
}

/** Throws InputError for what does not go together, before any work. */
export function checkWanted({ contract, data, teacher, options, simulator, start, trained }: Checked): void {
  const { augment, valueWeight, ownStates, search, actionWeights, tuneWithValue, l1Path } = options
  const { observationNames, actionNames } = contract
  for (const [what, names, size] of [
    ['observations', observationNames, data.observationSize],
    ['actions', actionNames, data.actionSize],
  ] as const)
    if (names.length !== size)
      throw new InputError(`data: ${size} ${what}, expected ${names.length} as the contract names`)
  if (valueWeight > 0 && !hasRewards(data))
    throw new InputError(`value weight ${valueWeight}: the data has no rewards for a value term: expected 0`)
  if (augment && !teacher)
    throw new InputError(`augment ${augment}: expected a teacher, to label the observations that are disturbed`)
  if (augment && valueWeight > 0)
    throw new InputError(`augment ${augment}: expected value weight 0: disturbed observations have no rewards`)
  for (const [name, wanted] of Object.entries({ 'own states': ownStates, search }))
    if (wanted !== undefined && !simulator)
      throw new InputError(`${name} ${wanted}: expected a task, in which the student can act`)
  if (ownStates !== undefined && typeof teacher !== 'object')
    throw new InputError(`own states ${ownStates}: expected a teacher's file, to label them`)
  if (search !== undefined) passesOf(search)
  if (isStaged(options) && tuneWithValue)
    throw new InputError('tune with value: expected no stages: what they train on has no rewards')
  const fewest = isStaged(options) ? Math.min(...(budgetsOf(options) ?? [])) : Infinity
  if (fewest < actionNames.length)
    throw new InputError(`a student of ${fewest} weights: expected ${actionNames.length} or more, one an action`)
  if (l1Path?.length === 0) throw new InputError('l1Path: no penalty, expected one or more')
  if (l1Path && trained) throw new InputError('a trained student: expected one penalty, which it was trained with')
  if (l1Path && !takesPenalty(options))
    throw new InputError(`penalties ${l1Path.join(', ')}: expected variant l1, or stages that prune by l1`)
  if (start && !isStaged(options))
    throw new InputError('a student to go on from: expected stages, to cut it in: prune, own states or search')
  if (start && options.steps !== 0)
    throw new InputError(`steps ${options.steps}: expected 0: nothing is trained before the cuts`)
  const there = start && weightCount(start.network)
  const most = Math.max(...(budgetsOf(options) ?? []))
  if (there !== undefined && most > there)
    throw new InputError(`a student of ${there} weights to cut to ${most}: expected no more than it has`)
  if (actionWeights && actionWeights.length !== actionNames.length)
    throw new InputError(`action weights: ${actionWeights.length}, expected ${actionNames.length}, one an action`)
  // sizes that a variant cannot have
  variantOf(options.variant).hidden(options, data.observationSize, data.actionSize)
  checkContract(contractOf(contract, 'tanh', {}), 'contract')
}

/** Throws InputError for numbers of weights that no student of those sizes is cut to. name: how errors call them */
export function requireKept(options: DistillOptions, observations: number, actions: number, name = 'keep'): void {
  const hidden = variantOf(options.variant).hidden(options, observations, actions)
  const all = weightsOfSizes([observations, ...hidden, actions])
  const wrong = options.keep?.find((count) => count < actions || count > all)
  if (wrong !== undefined)
    throw new InputError(`${name} ${wrong}: expected ${actions} to ${all} weights: one an action, no more than it has`)
}

/**
 * Options that differ from the defaults: small, and an option added later does not change the file. In the order of the defaults, then by name: options that
 * came by way of a file or a database have any order.
 */
function uncommon(options: DistillOptions): Record<string, unknown> {
  const defaults: Record<string, unknown> = distillDefaults
  // stages cut at numbers of weights
  const unused = isStaged(options) ? 'thresholds' : undefined
  const differs = ([name, value]: [string, unknown]) =>
    name !== unused && JSON.stringify(value) !== JSON.stringify(defaults[name])
  const recipe = recipeOf(options)
  const names = new Set([...Object.keys(defaults), ...Object.keys(recipe).sort()])
  const inOrder = [...names].filter((name) => name in recipe).map((name): [string, unknown] => [name, recipe[name]])
  return Object.fromEntries(inOrder.filter(differs))
}

const crcOfNetwork = ({ layers }: Network): number =>
  layers.reduce((crc, { weights, bias }) => crcOf(bias, crcOf(weights, crc)), 0)
