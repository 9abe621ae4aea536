/** What `bpd distill` is asked for, as `distill` takes it: in a task with its simulator, or from data alone. */
import { dirname, join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { valuesOf } from '../../runtime-as/format/network.ts'
import {
  contractParts,
  type PolicyContract,
  readContract,
  resolveContract,
  type Source,
} from '../../trainer/contract.ts'
import type { DataSet } from '../../trainer/data/data-set.ts'
import { kindOfData } from '../../trainer/data/formats.ts'
import { withRoomForActions } from '../../trainer/data/parts.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import type { Data } from '../../trainer/distill/data.ts'
import { checkWanted, type Distillation, requireKept } from '../../trainer/distill/distill.ts'
import { requireSplit } from '../../trainer/distill/held-out.ts'
import { heldOutError } from '../../trainer/distill/judges/error.ts'
import { returnIn } from '../../trainer/distill/judges/return.ts'
import { distillOptions, type Given } from '../../trainer/distill/options.ts'
import { readSteps } from '../../trainer/distill/stages/state.ts'
import { requireDense } from '../../trainer/distill/variants/dense.ts'
import { variantOf } from '../../trainer/distill/variants.ts'
import { Field } from '../../trainer/files/field.ts'
import { readAs } from '../../trainer/files/open.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { teacherContract } from '../../trainer/teachers/contract.ts'
import { openTeacher } from '../../trainer/teachers/import.ts'
import { requireFit, type Teacher, teacherFile, teacherSizes } from '../../trainer/teachers/teacher.ts'
import { type Columns, columnsOf, type GivenData } from '../data-options.ts'
import { contractFlag, contractIn, type GivenContract } from './contract-options.ts'
import { openNamed, requireSizes } from './named-data.ts'
import { requireUsed } from './unused.ts'

export interface Asked extends GivenContract, GivenData {
  teacher?: string
  data: string
  /** a .bpd file */
  from?: string
}

export interface Wanted extends Omit<Distillation, 'teacher' | 'data'> {
  /** how progress calls it */
  name: string
  data: Data
  teacher?: Teacher
  /** what is doubtful or left out, a line each */
  notes: string[]
  /** files that are read */
  inputs: string[]
}

/** s; where nobody says it: the rate of most walking policies */
const PERIOD = 0.02

/** Throws InputError for what does not go together. */
export async function wantedOf(taskName: string | undefined, asked: Asked, given: Given): Promise<Wanted> {
  const columns = columnsOf(asked)
  const begun = asked.from === undefined ? undefined : startIn(asked.from)
  for (const [flag, value] of Object.entries({ hidden: given.hidden, steps: given.steps || undefined }))
    if (begun && value !== undefined)
      throw new InputError(`--${flag} ${value}: expected none beside --from, whose student has been trained`)
  // nothing is trained before it is cut, and its sizes are its own
  const all = begun ? { ...given, ...begun.options } : given
  const wanted =
    taskName === undefined ? await fromData(asked, columns, all) : await inTask(taskName, asked, columns, all)
  if (begun && asked.from !== undefined) {
    requireSizes(wanted.data, begun.sizes, asked.data, asked.from)
    wanted.start = begun.start
    wanted.inputs.push(asked.from)
  }
  checkWanted(wanted)
  const { variant, hidden, budget } = wanted.options
  if (variantOf(variant).uncut && given.budget !== undefined)
    requireDense([wanted.data.observationSize, wanted.data.actionSize], hidden.length, budget, '--budget')
  requireUsed(given, wanted.options)
  if (given.keep && !begun) requireKept(wanted.options, wanted.data.observationSize, wanted.data.actionSize, '--keep')
  return wanted
}

/** Throws InputError for a file that no student goes on from. */
function startIn(file: string) {
  const { network, contract } = decodePolicy(readAs(file, ['policy']).bytes, file)
  const stored = valuesOf(network)
  if (stored !== 'f32') throw new InputError(`${file}: weights as ${stored}, expected f32: quantise at the end`)
  if (contract.squash !== 'tanh')
    throw new InputError(`${file}: expected tanh at the end: only such a student trains on`)
  const hidden = network.layers.slice(0, -1).map(({ outputs }) => outputs)
  const sizes: [number, number] = [contract.observation.names.length, contract.action.names.length]
  const steps = new Field(file, 'provenance.environmentSteps', contract.provenance.environmentSteps)
  const start = { network, ...(steps.value !== undefined && { environmentSteps: readSteps(steps) }) }
  return { start, sizes, options: { steps: 0, hidden } }
}

async function inTask(taskName: string, asked: Asked, columns: Columns, given: Given): Promise<Wanted> {
  const flag = contractFlag(asked)
  if (flag) throw new InputError(`${flag}: task ${taskName} says that: expected no task with it`)
  if (given.maxError !== undefined)
    throw new InputError(`--max-error: task ${taskName} judges by the return: expected --tolerance`)
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  const { data: path } = asked
  const opened = await openIfNamed(asked.teacher)
  if (opened) requireFit(opened.teacher, spec, opened.file)
  const own = columns.mapping === undefined && kindOfData(path) === 'transitions'
  const data = own ? readTransitions(path, spec) : await openFor(path, columns, given, [{ from: taskName, says: spec }])
  requireSizes(data, [spec.observationNames.length, spec.actionNames.length], path, `task ${taskName}`)
  const options = distillOptions(taskName, given, data)
  const judge = returnIn(() => createTask(taskName))
  const notes = notesOf(path, data, options.valueWeight, given)
  const inputs = [...(opened ? [opened.file] : []), path]
  const simulator = { taskName, workers: options.threads }
  return { name: taskName, contract: spec, data, teacher: opened?.teacher, judge, options, simulator, notes, inputs }
}

async function fromData(asked: Asked, columns: Columns, given: Given): Promise<Wanted> {
  const { data: path, contract: contractFile } = asked
  if (given.tolerance !== undefined)
    throw new InputError('--tolerance: without a task no return is measured: expected --max-error')
  for (const [flag, value] of [
    ['--pick-episodes', given.pickEpisodes],
    ['--progress-episodes', given.progressEpisodes],
  ] as const)
    if (value !== undefined) throw new InputError(`${flag}: without a task nothing is played: expected none`)
  const opened = await openIfNamed(asked.teacher)
  if (opened && asked.teacherActions)
    throw new InputError(`--teacher-actions: ${opened.file} says them: expected one of the two`)
  const sources: Source[] = [{ from: 'options', says: contractIn(asked) }]
  const file = contractFile ?? (opened && join(dirname(opened.file), 'contract.json'))
  const written = file === undefined ? undefined : readContract(file)
  if (file !== undefined && written) sources.push({ from: file, says: written })
  else if (contractFile !== undefined) throw new InputError(`${contractFile}: cannot be read (ENOENT)`)
  if (opened) sources.push({ from: opened.file, says: contractParts(teacherContract(opened.teacher), opened.file) })
  const data = labellable(await openFor(path, columns, given, sources), opened)
  if (opened) requireTeacherSizes(data, opened, path)
  // columns that the user names are the names
  const { mapping } = columns
  const named: Partial<PolicyContract> = {
    ...(mapping?.observations && { observationNames: data.observationNames }),
    ...(mapping?.actions && !unacted(asked) && { actionNames: data.actionNames }),
  }
  // a Minari data set says the bounds of its actions
  const { actionLow, actionHigh } = data
  const all = [{ from: 'options', says: named }, ...sources, { from: path, says: { actionLow, actionHigh } }]
  const untimed = data.period === undefined && all.every(({ says }) => says.period === undefined)
  if (untimed) all.push({ from: 'default', says: { period: PERIOD } })
  const contract = resolveContract(all, { ...data, from: path })
  const options = distillOptions(undefined, given, data)
  if (opened && given.clone === 'executed' && options.valueWeight === 0)
    throw new InputError('--clone executed: without a task the actions of --teacher are cloned: expected no teacher')
  requireSplit(data, options.seed, path)
  const notes = notesOf(path, data, options.valueWeight, given)
  if (untimed)
    notes.push(`period: nobody says it, and no timestamps of ${path} do: ${PERIOD} s is taken; --period sets it`)
  const inputs = [...(opened ? [opened.file] : []), path]
  return { name: contract.name, contract, data, teacher: opened?.teacher, judge: heldOutError, options, notes, inputs }
}

const unacted = ({ actions }: Asked): boolean => actions?.length === 1 && actions[0] === 'none'

/** Data without actions, with room for the teacher's. */
function labellable(data: DataSet, opened: Opened | undefined): DataSet {
  if (data.actionSize > 0) return data
  if (!opened) throw new InputError('--actions none: expected a teacher, whose actions stand for them')
  const { actions } = teacherSizes(opened.teacher)
  const actionNames = Array.from({ length: actions }, (_, i) => `action.${i}`)
  // what came of no action is no reward for one
  return { ...data, ...withRoomForActions(data, actions), actionNames, hasRewards: false }
}

interface Opened {
  /** of a folder: the file in it */
  file: string
  teacher: Teacher
}

async function openIfNamed(path: string | undefined): Promise<Opened | undefined> {
  if (path === undefined) return undefined
  const file = teacherFile(path)
  return { file, teacher: await openTeacher(file) }
}

function requireTeacherSizes(data: Data, { file, teacher }: Opened, path: string): void {
  const { observations, actions } = teacherSizes(teacher)
  requireSizes(data, [observations, actions], path, file)
}

/** By the names that somebody knows. A value term wants to know what comes after each row; cloning needs no more than the row. */
async function openFor(path: string, columns: Columns, given: Given, sources: readonly Source[]): Promise<DataSet> {
  const namesOf = (key: 'observationNames' | 'actionNames') => sources.find(({ says }) => says[key])?.says[key]
  const names = { observations: namesOf('observationNames'), actions: namesOf('actionNames') }
  const data = await openNamed(path, columns, names)
  if (!data.hasRewards || data.openEnds === 0 || given.valueWeight === 0) return data
  data.close()
  return openNamed(path, { ...columns, openEnds: 'drop' }, names)
}

function notesOf(path: string, data: Data & Partial<DataSet>, valueWeight: number, given: Given): string[] {
  const unrewarded = data.hasRewards === false && valueWeight === 0 && given.valueWeight === undefined
  const { variant } = given
  const without =
    variant && variantOf(variant).fixed.valueWeight === undefined ? `, which ${variant} has otherwise` : ''
  return [
    ...(data.notes ?? []).map((note) => `${path}: ${note}`),
    ...(data.dropped ? [`${path}: ${data.dropped} rows left out where a number is missing`] : []),
    ...(unrewarded ? [`${path}: no rewards: no value term${without}`] : []),
  ]
}
