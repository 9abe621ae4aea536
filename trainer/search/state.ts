/** Where a search stands between two iterations: as a checkpoint holds it, and back. */
import type { Normaliser } from '../distill/student.ts'
import type { Field } from '../files/field.ts'
import type { ReturnStatistics } from '../tasks/evaluate.ts'
import { asBytes, asFloats, type Saved } from '../teachers/checkpoint.ts'
import { type Moments, normaliserFrom } from './moments.ts'
import type { Movable } from './movable.ts'
import { Survivors } from './survivors.ts'

/** What a candidate is: the network that the search began with, where it stands, or the running average of that. */
export type CandidateKind = 'start' | 'centre' | 'average'
const candidateKinds: readonly CandidateKind[] = ['start', 'centre', 'average']

/** One candidate of a picking. */
export interface SearchPoint {
  /** played so far, this picking included */
  episodes: number
  of: CandidateKind
  /** of the picking episodes' returns */
  mean: number
  /** of the same returns */
  std: number
  /** of the last iteration before, mean: what it climbed, returns without the survival bonus; absent: there was none */
  objective?: number
}

/** Where a search stands between two iterations. */
export interface SearchState {
  /** iterations that are done */
  iteration: number
  /** shape (parameters): where the next steps begin */
  centre: Float64Array
  /** shape (parameters): running average of the centre */
  average: Float64Array
  /** of the highest score so far: as it is played, shape (weights and biases) */
  best: Float64Array
  /** the highest score of a centre or an average so far, the start apart; absent: none was picked from yet */
  top?: number
  /** episodes played when it was reached */
  roseAt: number
  bestOf: CandidateKind
  /** by the picking episodes: of the start and of the best */
  before: ReturnStatistics
  after: ReturnStatistics
  /** played so far */
  episodes: number
  /** of the environment */
  steps: number
  /** mean of what the last iteration climbed; absent: there was none yet */
  objective?: number
  /** every candidate that was picked from, in order */
  curve: SearchPoint[]
  /** what was observed so far, where the normaliser goes on with it */
  seen?: Moments
  normaliser: Normaliser
}

/** The part of a state that is JSON. */
export function searchFacts(state: SearchState): object {
  const { centre: _, average: __, best: ___, normaliser: ____, seen, ...facts } = state
  return { ...facts, ...(seen && { seen: seen.count }) }
}

/** The other part, as tensors; f64, each number in two. */
export const searchTensors = ({ centre, average, best, normaliser, seen }: SearchState): [string, Float32Array][] => [
  ['search.centre', wordsOf(centre)],
  ['search.average', wordsOf(average)],
  ['search.best', wordsOf(best)],
  ['search.mean', wordsOf(normaliser.mean)],
  seen ? ['search.squares', wordsOf(seen.squares)] : ['search.std', wordsOf(normaliser.std)],
]

/** What both say. facts: of `searchFacts`; iterations: of the search that goes on. Throws InputError, field by field. */
export function readSearchState(
  facts: Field,
  tensor: Saved['tensor'],
  moved: Movable,
  iterations: number,
): SearchState {
  const { size, observations, normalises } = moved
  const numbers = (name: string, length: number) => numbersOf(tensor(`search.${name}`, 2 * length))
  const whole = (name: string) => facts.at(name).whole(0)
  const mean = numbers('mean', observations)
  const seen = normalises
    ? { count: facts.at('seen').whole(1), mean, squares: numbers('squares', observations) }
    : undefined
  return {
    iteration: facts.at('iteration').whole(0, iterations),
    centre: numbers('centre', size),
    average: numbers('average', size),
    best: numbers('best', new Survivors(moved.template).size),
    ...optional(facts, 'top'),
    roseAt: whole('roseAt'),
    bestOf: facts.at('bestOf').oneOf(candidateKinds),
    before: readStatistics(facts.at('before')),
    after: readStatistics(facts.at('after')),
    episodes: whole('episodes'),
    steps: whole('steps'),
    ...optional(facts, 'objective'),
    curve: facts.at('curve').items().map(readPoint),
    ...(seen && { seen }),
    normaliser: seen ? normaliserFrom(seen) : { mean, std: numbers('std', observations) },
  }
}

const readStatistics = (field: Field): ReturnStatistics => ({
  mean: field.at('mean').number(),
  std: field.at('std').number(0),
  episodes: field.at('episodes').whole(1),
})

const readPoint = (field: Field): SearchPoint => ({
  episodes: field.at('episodes').whole(1),
  of: field.at('of').oneOf(candidateKinds),
  mean: field.at('mean').number(),
  std: field.at('std').number(0),
  ...optional(field, 'objective'),
})

const optional = <Name extends string>(field: Field, name: Name): { [N in Name]?: number } => {
  const number = field.at(name)
  return (number.value === undefined ? {} : { [name]: number.number() }) as { [N in Name]?: number }
}

const wordsOf = (numbers: Float64Array): Float32Array =>
  asFloats(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))

/** Copied: eight bytes may lie anywhere in a file. */
const numbersOf = (words: Float32Array): Float64Array => new Float64Array(asBytes(words).slice().buffer)
