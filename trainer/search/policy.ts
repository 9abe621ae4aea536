/** A whole search of a .bpd file: from its bytes to those of the better one, whose provenance says that it was searched. */
import { availableParallelism } from 'node:os'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { requireContract } from '../contract.ts'
import type { Transitions } from '../data/transitions.ts'
import { readSteps } from '../distill/stages/state.ts'
import { type Normaliser, normaliserOf } from '../distill/student.ts'
import { Field } from '../files/field.ts'
import { sha256 } from '../files/sha256.ts'
import { createTask, prepareTask, taskFacts } from '../tasks/registry.ts'
import { iterationsOf, type SearchOptions, searchDefaults } from './options.ts'
import { checkStart, type SearchResult, type SearchRun, search } from './search.ts'

/** What `searchPolicy` is asked for. */
export interface SearchRequest {
  /** name of a task */
  task: string
  /** bytes of a .bpd file with f32 weights; errors call it `name` (default: "policy") */
  policy: Uint8Array
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

/** Everything that a search by these options depends on, but for task, policy and data. */
export const wantedOf = (
  task: string,
  episodes: number,
  options: Partial<Omit<SearchOptions, 'episodes'>> = {},
): Required<SearchOptions> => ({
  ...searchDefaults,
  ...options,
  episodes,
  survivalBonus: options.survivalBonus ?? taskFacts(task).survivalBonus ?? 0,
})

/**
 * Moves the weights that a policy has, and its biases, to where its return is higher: augmented random search (Mania, Guy and Recht 2018), on-policy.
 * Where nothing better is found the policy stays what it is. The same request gives the same bytes. Throws InputError for what cannot be searched,
 * `Interrupted` once the signal is aborted, FailedError where the search diverges.
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
  requireContract(decodePolicy(policy, name).contract, createTask(task).spec, name)
  const wanted = wantedOf(task, episodes, options)
  iterationsOf(wanted)
  return await searchFile({ task, policy, name, wanted, data }, { workers, onProgress, signal })
}

/** What `searchFile` starts from, all of it checked. */
export interface SearchedFile {
  task: string
  policy: Uint8Array
  name: string
  wanted: Required<SearchOptions>
  data?: Transitions
}

/** The search itself. Throws InputError for a policy that cannot be moved a little. */
export async function searchFile(file: SearchedFile, run: SearchRun): Promise<SearchedPolicy> {
  const { task, policy, name, wanted, data } = file
  const { network, contract, goldens } = decodePolicy(policy, name)
  checkStart(network, name)
  const golden = goldens.map(({ observation }) => observation)
  const about = { taskName: task, contract, golden, normaliser: data && normaliserIn(data) }
  const { network: found, ...searched } = await search(network, about, wanted, run)
  const before = new Field(name, 'provenance.environmentSteps', contract.provenance.environmentSteps)
  const { ownStates, search: earlier } = before.value === undefined ? { ownStates: 0, search: 0 } : readSteps(before)
  const how = { ...wanted, ...(data && { data: data.crc32 }), of: sha256(policy) }
  const environmentSteps = { ownStates, search: earlier + searched.steps }
  const provenance = { ...contract.provenance, search: how, environmentSteps }
  return { bytes: encodePolicy(found, { ...contract, provenance }, golden), ...searched }
}

/** Of the observations of all rows. */
function normaliserIn({ count, observationSize, read }: Transitions): Normaliser {
  const rows = read(0, count)
  return normaliserOf(rows, rows.length / count, observationSize)
}
