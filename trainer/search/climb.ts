/** The iterations of a search. Each makes a state of the one before, and of nothing else. */
import { FailedError } from '../../runtime-as/errors.ts'
import { type Normaliser, normaliserOf } from '../distill/student.ts'
import { randomStream } from '../random.ts'
import { type ReturnStatistics, statistics } from '../tasks/evaluate.ts'
import { ascend } from './ascent.ts'
import { type Moments, noMoments, normaliserFrom, observed } from './moments.ts'
import type { Movable } from './movable.ts'
import type { SearchOptions } from './options.ts'
import type { SearchState } from './state.ts'
import type { TrialOutcome, Trials } from './trials.ts'

/** weight of the past in the running average of the centre */
const MEMORY = 0.9
const sides = [1, -1] as const
/** Directions that begin in one start state. Several do, so that its luck can be told from them; not all, so that a step is for more than one start. */
const SHARING = 4

/** What a candidate is picked by: a high mean and few that fall. */
const scoreOf = ({ mean, std }: ReturnStatistics): number => mean - std

export class Climb {
  readonly #trials: Trials
  readonly #moved: Movable
  readonly #options: Required<SearchOptions> & { iterations: number }

  constructor(trials: Trials, moved: Movable, options: Required<SearchOptions> & { iterations: number }) {
    this.#trials = trials
    this.#moved = moved
    this.#options = options
  }

  /** The start, picked for want of another. */
  async begin(normaliser?: Normaliser): Promise<SearchState> {
    const { observations, normalises } = this.#moved
    const centre = this.#moved.start()
    const start = this.#moved.placed(centre, normaliser ?? unit(observations))
    const outcomes = await this.#playPicking([start], normalises || normaliser === undefined)
    const before = figuresOf(outcomes)
    const spent = spentOn(outcomes)
    const seen = normalises ? seenIn(outcomes, noMoments(observations)) : undefined
    return {
      iteration: 0,
      centre,
      average: centre,
      best: start,
      roseAt: spent.episodes,
      bestOf: 'start',
      before,
      after: before,
      ...spent,
      curve: [{ episodes: spent.episodes, of: 'start', mean: before.mean, std: before.std }],
      ...(seen && { seen }),
      normaliser: seen ? normaliserFrom(seen) : (normaliser ?? normaliserIn(outcomes, observations)),
    }
  }

  /** No iteration is left, or none is worth playing. */
  isDone({ iteration, episodes, roseAt }: SearchState): boolean {
    const { iterations, pickEvery, giveUp } = this.#options
    return iteration === iterations || (iteration % pickEvery === 0 && episodes - roseAt >= giveUp)
  }

  async iterate(state: SearchState): Promise<SearchState> {
    const { iterations, pickEvery, directions, noise, seed, best, survivalBonus } = this.#options
    const { iteration, normaliser } = state
    const starts = Math.ceil(directions / SHARING)
    const displacements = Array.from({ length: directions }, (_, i) => {
      const random = randomStream(seed, 'search-direction', iteration, i)
      const direction = Float64Array.from({ length: this.#moved.size }, () => random.normal())
      return this.#moved.displacement(direction, normaliser)
    })
    const trials = displacements.flatMap((displacement, i) =>
      sides.map((side) => ({
        parameters: this.#moved.placed(
          state.centre.map((x, p) => x + side * noise * displacement[p]),
          normaliser,
        ),
        seed,
        purpose: 'search',
        episode: iteration * starts + Math.floor(i / SHARING),
        observed: this.#moved.normalises,
      })),
    )
    const outcomes = await this.#trials.play(trials)
    const objectives = outcomes.map((outcome) => outcome.return - survivalBonus * outcome.steps)
    const objective = meanOf(objectives)
    if (!Number.isFinite(objective)) throw new FailedError(`search diverged after ${state.episodes} episodes`)
    const centred = withoutLuck(objectives)
    const pairs = displacements.map((displacement, i) => ({
      displacement,
      plus: centred[2 * i],
      minus: centred[2 * i + 1],
    }))
    const rate = this.#options.rate * 0.5 * (1 + Math.cos((Math.PI * iteration) / iterations))
    const centre = ascend(state.centre, pairs, { best, rate })
    const average = state.average.map((x, p) => MEMORY * x + (1 - MEMORY) * centre[p])
    const seen = state.seen && seenIn(outcomes, state.seen)
    const next = {
      ...state,
      iteration: iteration + 1,
      centre,
      average,
      objective,
      ...added(state, outcomes),
      ...(seen && { seen, normaliser: normaliserFrom(seen) }),
    }
    return next.iteration % pickEvery === 0 || next.iteration === iterations ? this.#pick(next) : next
  }

  async #pick(state: SearchState): Promise<SearchState> {
    const { pickEpisodes } = this.#options
    const kinds = ['centre', 'average'] as const
    const candidates = kinds.map((kind) => this.#moved.placed(state[kind], state.normaliser))
    const outcomes = await this.#playPicking(candidates)
    let next: SearchState = { ...state, ...added(state, outcomes) }
    const { episodes, objective } = next
    for (const [i, kind] of kinds.entries()) {
      const figures = figuresOf(outcomes.slice(i * pickEpisodes, (i + 1) * pickEpisodes))
      const { mean, std } = figures
      next = { ...next, curve: [...next.curve, { episodes, of: kind, mean, std, objective }] }
      if (scoreOf(figures) > scoreOf(next.after)) next = { ...next, best: candidates[i], bestOf: kind, after: figures }
      // the first steps may lead down: what moves is not measured by the start
      if (scoreOf(figures) > (next.top ?? -Infinity)) next = { ...next, top: scoreOf(figures), roseAt: episodes }
    }
    return next
  }

  /** The same episodes for every candidate, one candidate after the other. */
  #playPicking(candidates: readonly Float64Array[], observed = false): Promise<TrialOutcome[]> {
    const { pickEpisodes, seed } = this.#options
    const trials = candidates.flatMap((parameters) =>
      Array.from({ length: pickEpisodes }, (_, episode) => ({
        parameters,
        seed,
        purpose: 'search-pick',
        episode,
        observed,
      })),
    )
    return this.#trials.play(trials)
  }
}

/** Less the mean of those that began in the same start state. */
function withoutLuck(objectives: readonly number[]): number[] {
  const size = 2 * SHARING
  const means = Array.from({ length: Math.ceil(objectives.length / size) }, (_, start) =>
    meanOf(objectives.slice(start * size, (start + 1) * size)),
  )
  return objectives.map((objective, i) => objective - means[Math.floor(i / size)])
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length
const figuresOf = (outcomes: readonly TrialOutcome[]): ReturnStatistics =>
  statistics(Float64Array.from(outcomes, (outcome) => outcome.return))

const spentOn = (outcomes: readonly TrialOutcome[]) => ({
  episodes: outcomes.length,
  steps: outcomes.reduce((sum, { steps }) => sum + steps, 0),
})

function added({ episodes, steps }: SearchState, outcomes: readonly TrialOutcome[]) {
  const spent = spentOn(outcomes)
  return { episodes: episodes + spent.episodes, steps: steps + spent.steps }
}

const unit = (width: number): Normaliser => ({ mean: new Float64Array(width), std: new Float64Array(width).fill(1) })

/** Beside what was observed before. */
const seenIn = (outcomes: readonly TrialOutcome[], before: Moments): Moments =>
  outcomes.reduce((seen, { observations }) => (observations ? observed(seen, observations) : seen), before)

/** Of all that was observed. */
function normaliserIn(outcomes: readonly TrialOutcome[], width: number): Normaliser {
  const rows = new Float32Array(outcomes.reduce((sum, { steps }) => sum + steps * width, 0))
  let at = 0
  for (const { observations } of outcomes) {
    if (!observations) continue
    rows.set(observations, at)
    at += observations.length
  }
  return normaliserOf(rows, width, width)
}
