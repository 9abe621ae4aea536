/** What is compared: policies and teachers, out of files, out of folders, and those that are shipped for the task. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { requireContract } from '../../trainer/contract.ts'
import { readAs } from '../../trainer/files/open.ts'
import { sha256 } from '../../trainer/files/sha256.ts'
import { randomStream } from '../../trainer/random.ts'
import { createTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import type { Task } from '../../trainer/tasks/task.ts'
import { openTeacher, teacherKinds } from '../../trainer/teachers/import.ts'
import { actingBytes, boardPolicy } from '../../trainer/teachers/policy.ts'
import { requireFit, teacherFile, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { checkCard } from '../card.ts'
import { shippedModels, teacherIn } from '../models.ts'
import { root } from '../package.ts'
import { type Kind, kindOf } from './kind.ts'

export interface Candidate {
  /** where the file lies */
  path: string
  /** the same, of a shipped one from the package's folder on */
  name: string
  /** other files of the same bytes */
  also: string[]
  kind: Kind
  /** it comes with the package */
  shipped: boolean
  weights: number
  /** of the file as it lies there */
  sha256: string
  /** what workers play (`actingBytes`) */
  acting: Uint8Array
  /** what a board runs: a .bpd file */
  file: Uint8Array
  /** another network of its sizes stands for it on a board, which cannot run it */
  standIn: boolean
}

export interface Candidates {
  all: Candidate[]
  /** whom episodes fail against: --teacher, else the shipped one, else the first among the files */
  reference?: Candidate
}

/** Golden observations of a teacher, which has none of its own: start states of as many reported episodes. */
const GOLDENS = 4

/** Throws InputError for what is no policy or teacher of the task. The task must be prepared. */
export async function candidatesOf(
  taskName: string,
  paths: readonly string[],
  given: string | undefined,
  seed: number,
): Promise<Candidates> {
  const task = createTask(taskName)
  const found = new Map<string, Candidate>()
  const add = async (file: string, shipped = false) => {
    const one = await candidateOf(file, task, seed, shipped)
    const same = found.get(one.sha256)
    if (!same) found.set(one.sha256, one)
    else if (same.name !== one.name && !same.also.includes(one.name)) same.also.push(one.name)
    return same ?? one
  }
  // a task of one's own may have any name
  const models = taskOrigin(taskName) ? undefined : join(shippedModels, task.spec.name)
  let shipped: Candidate | undefined
  if (models !== undefined && existsSync(models)) {
    for (const file of policiesIn(models)) await add(file, true)
    const file = teacherIn(shippedModels, task.spec.name)
    if (existsSync(file)) shipped = await add(file, true)
  }
  for (const path of paths) for (const file of filesAt(path)) await add(file)
  const reference = given === undefined ? undefined : await add(teacherFile(given))
  const all = [...found.values()]
  if (all.length === 0)
    throw new InputError(`task ${taskName}: nothing is shipped for it: expected .bpd files, teachers or run folders`)
  return { all, reference: reference ?? shipped ?? all.find(({ kind }) => kind.network === 'teacher') }
}

/** The file; of a folder every policy in it, or the teacher where there is none. */
function filesAt(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path]
  const policies = policiesIn(path)
  if (policies.length > 0) return policies
  const teacher = teacherFile(path)
  if (teacher !== path) return [teacher]
  throw new InputError(`${path}: a folder without policies, expected a .bpd file in it, or a teacher`)
}

const policiesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.bpd'))
    // point-2 before point-10
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name))

async function candidateOf(path: string, task: Task, seed: number, shipped: boolean): Promise<Candidate> {
  const { kind, bytes } = readAs(path, ['policy', ...teacherKinds])
  checkCard(path)
  const about = { path, name: shipped ? relative(root, path) : path, also: [], shipped, sha256: sha256(bytes) }
  const { spec } = task
  if (kind === 'policy') {
    requireContract(loadPolicy(bytes, path).contract, spec, path)
    const decoded = decodePolicy(bytes, path)
    const { weights } = decoded
    return { ...about, kind: kindOf(decoded), weights, acting: bytes, file: bytes, standIn: false }
  }
  const teacher = await openTeacher(path)
  requireFit(teacher, spec, path)
  const { bytes: file, standIn } = boardPolicy(teacher, spec, startStates(task, seed))
  const made: Kind = { network: 'teacher', states: 'unknown', ways: [] }
  return { ...about, kind: made, weights: teacherWeights(teacher), acting: actingBytes(teacher, spec), file, standIn }
}

function startStates(task: Task, seed: number): Float32Array[] {
  return Array.from({ length: GOLDENS }, (_, episode) => {
    task.reset(randomStream(seed, 'report', episode))
    return Float32Array.from(task.observation)
  })
}
