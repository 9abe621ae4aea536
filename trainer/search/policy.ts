/** A whole search of a .bpd file: from its bytes to those of the better one, whose provenance says that it was searched. */
import { availableParallelism } from 'node:os'
import { InputError } from '../../runtime-as/errors.ts'
import { type DecodedPolicy, decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { requireContract } from '../contract.ts'
import type { Transitions } from '../data/transitions.ts'
import { spreadOf } from '../distill/data.ts'
import { readSteps } from '../distill/stages/state.ts'
import { deviationOf, type Normaliser } from '../distill/student.ts'
import { Field } from '../files/field.ts'
import { sha256 } from '../files/sha256.ts'
import { createTask, prepareTask, taskFacts } from '../tasks/registry.ts'
import type { Task } from '../tasks/task.ts'
import { LinearFromNothing, linearStart } from './linear.ts'
import type { Movable } from './movable.ts'
import { checkOptions, iterationsOf, linearDefaults, type SearchOptions, searchDefaults } from './options.ts'
import { checkStart, type SearchResult, type SearchRun, search } from './search.ts'
import { Survivors } from './survivors.ts'

/** What `searchPolicy` is asked for. */
export interface SearchRequest {
  /** name of a task */
  task: string
  /** bytes of a .bpd file with f32 weights; errors call it `name` (default: "policy"). Absent: a linear policy from nothing */
  policy?: Uint8Array
  name?: string
  /** most episodes to play, those to pick by included */
  episodes: number
  /** what differs from the defaults */
  options?: Partial<Omit<SearchOptions, 'episodes'>>
  /** whose spread steps in the first layer are measured by. Default: that of the policy's own picking episodes */
  data?: Transitions
  /** threads that play; the result does not depend on it. Default: one a core */
  workers?: number
  /** told at the start and after every iteration */
  onProgress?: SearchRun['onProgress']
  /** aborting throws `Interrupted` */
  signal?: AbortSignal
}

/** A policy that was searched. */
export interface SearchedPolicy extends Omit<SearchResult, 'network'> {
  /** of its .bpd file */
  bytes: Uint8Array
}

/** Everything that a search by these options depends on, but for task, policy and data. Throws InputError for a number that cannot be. */
export const wantedOf = (
  task: string,
  episodes: number,
  options: Partial<Omit<SearchOptions, 'episodes'>> | undefined,
  { fromNothing }: Pick<SearchStart, 'fromNothing'>,
): Required<SearchOptions> => {
  const given = Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined))
  const wanted = {
    ...searchDefaults,
    ...(fromNothing && linearDefaults),
    survivalBonus: taskFacts(task).survivalBonus ?? 0,
    ...given,
    episodes,
  }
  checkOptions(wanted)
  return wanted
}

/**
 * Moves the weights that a policy has, and its biases, to where its return is higher: augmented random search (Mania, Guy and Recht 2018),
 * on-policy. Without a policy it begins with a linear one that does nothing. Where nothing better is found the policy stays what it is. The same
 * request gives the same bytes. Throws InputError for what cannot be searched, `Interrupted` once the signal is aborted, FailedError where the
 * search diverges.
 *
 * @param request task, policy, how many episodes
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { searchPolicy } from 'bpd/train'
 *
 * const policy = readFileSync('student.bpd')
 * const options = { directions: 2, best: 1, pickEpisodes: 1 }
 * const { bytes, before, after } = await searchPolicy({ task: 'pendulum', policy, episodes: 10, options })
 * console.log(bytes.length, after.mean >= before.mean)
 */
export async function searchPolicy(request: SearchRequest): Promise<SearchedPolicy> {
  const { task, policy, name = 'policy', episodes, options, data, workers = availableParallelism() } = request
  const { onProgress, signal } = request
  await prepareTask(task)
  const played = createTask(task)
  const begun = startOf(played, policy && { bytes: policy, name })
  if (policy) requireContract(begun.policy.contract, played.spec, name)
  const wanted = wantedOf(task, episodes, options, begun)
  iterationsOf(wanted)
  if (!policy && data)
    throw new InputError('data: expected none without a policy: such a search goes by what it observes')
  new Field('workers', '', workers).whole(1)
  return await searchFile({ task, begun, wanted, data }, { workers, onProgress, signal })
}

/** What a search begins with: a policy as its file says it, and what of it may move. */
export interface SearchStart {
  name: string
  bytes: Uint8Array
  policy: DecodedPolicy
  moved: Movable
  /** there was no policy to begin with */
  fromNothing: boolean
}

/** Of a policy and how errors call it; without one a linear policy that does nothing yet. Throws InputError for a policy that cannot be moved a little. */
export function startOf(task: Task, given?: { bytes: Uint8Array; name: string }): SearchStart {
  if (given) {
    const policy = decodePolicy(given.bytes, given.name)
    checkStart(policy.network, given.name)
    return { ...given, policy, moved: new Survivors(policy.network), fromNothing: false }
  }
  const bytes = linearStart(task)
  const name = 'a linear policy'
  return { name, bytes, policy: decodePolicy(bytes), moved: new LinearFromNothing(task.spec), fromNothing: true }
}

/** What `searchFile` starts from, all of it checked. */
export interface SearchedFile {
  task: string
  begun: SearchStart
  wanted: Required<SearchOptions>
  data?: Transitions
}

/** The search itself. */
export async function searchFile(file: SearchedFile, run: SearchRun): Promise<SearchedPolicy> {
  const { task, begun, wanted, data } = file
  const { contract, goldens } = begun.policy
  const golden = goldens.map(({ observation }) => observation)
  const about = { taskName: task, contract, golden, normaliser: data && normaliserIn(data) }
  const { network: found, ...searched } = await search(begun.moved, about, wanted, run)
  const before = new Field(begun.name, 'provenance.environmentSteps', contract.provenance.environmentSteps)
  const { ownStates, search: earlier } = before.value === undefined ? { ownStates: 0, search: 0 } : readSteps(before)
  const of = begun.fromNothing ? 'nothing' : sha256(begun.bytes)
  const how = { ...wanted, ...(data && { data: data.crc32 }), of }
  const environmentSteps = { ownStates, search: earlier + searched.steps }
  const provenance = { ...contract.provenance, search: how, environmentSteps }
  return { bytes: encodePolicy(found, { ...contract, provenance }, golden), ...searched }
}

/** Of the observations of all rows. */
function normaliserIn(transitions: Transitions): Normaliser {
  const { mean, variance } = spreadOf(transitions)
  return { mean, std: variance.map(deviationOf) }
}
