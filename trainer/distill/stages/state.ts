/** Where the stages stand, and how checkpoints keep it. */

import type { Field } from '../../files/field.ts'
import type { StepConfig } from '../../kernels/config.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Saved } from '../../teachers/checkpoint.ts'
import type { EnvironmentSteps, Stage } from '../points.ts'

const KINDS: readonly Stage['kind'][] = ['cut', 'settle', 'anneal']

/** What was told of a round that is done: a resumed run tells it again. */
export interface Told {
  /** rounds that were done with it */
  step: number
  stage: Stage
}

/** After a round: all that the next ones depend on, beside the candidates. */
export interface StageState {
  /** rounds that are done */
  done: number
  /** the student, on normalised observations */
  layers: VariationalLayer[]
  /** at a budget: the score of the student before it trained there */
  before?: number
  /** at a budget: the best of the rounds there so far, and its score */
  best?: { score: number; layers: VariationalLayer[] }
  /** rounds after which students acted */
  visits: number
  /** what they visited in the last of them: blocks of rows of observation | the teacher's action, shape (rows, observations + actions) each */
  own: Float32Array[]
  /** of all that was made on the way to this student */
  steps: EnvironmentSteps
  /** in order; of a checkpoint from before they were kept: those since */
  told: Told[]
}

type Named = Generator<[name: string, values: Float32Array]>

export function* stageTensors({ layers, best, own }: StageState): Named {
  yield* layerTensors('stages', layers)
  if (best) yield* layerTensors('stages.best', best.layers)
  for (const [i, rows] of own.entries()) yield [`stages.own.${i}`, rows]
}

function* layerTensors(name: string, layers: readonly VariationalLayer[]): Named {
  for (const [l, { theta, logSigma, bias }] of layers.entries()) {
    yield [`${name}.${l}.theta`, theta]
    yield [`${name}.${l}.logSigma`, logSigma]
    yield [`${name}.${l}.bias`, bias]
  }
}

const hiddenOf = (layers: readonly VariationalLayer[]): number[] => layers.slice(0, -1).map(({ bias }) => bias.length)

export const stageFacts = ({ done, layers, before, best, own, visits, steps, told }: StageState): object => ({
  done,
  hidden: hiddenOf(layers),
  best: best && { score: best.score, hidden: hiddenOf(best.layers) },
  before,
  visits,
  steps,
  own: own.map(({ length }) => length),
  told,
})

/** Throws InputError for what cannot be. config: of the student before pruning. */
export function readStages(saved: Saved, { observationSize, actionSize, hidden }: StepConfig): StageState {
  const state = saved.state.at('stages')
  const layersIn = (name: string, sizesField: Field): VariationalLayer[] => {
    const units = sizesField.items()
    if (units.length !== hidden.length) sizesField.refuse(`a list of ${hidden.length} sizes`)
    const sizes = [observationSize, ...units.map((unit, l) => unit.whole(1, hidden[l])), actionSize]
    return sizes.slice(1).map((outputs, l) => ({
      theta: saved.tensor(`${name}.${l}.theta`, outputs * sizes[l]),
      logSigma: saved.tensor(`${name}.${l}.logSigma`, outputs * sizes[l]),
      bias: saved.tensor(`${name}.${l}.bias`, outputs),
    }))
  }
  const [before, best, told] = [state.at('before'), state.at('best'), state.at('told')]
  const done = state.at('done').whole(1)
  const width = observationSize + actionSize
  return {
    done,
    layers: layersIn('stages', state.at('hidden')),
    ...(before.value !== undefined && { before: before.number() }),
    ...(best.value !== undefined && {
      best: { score: best.at('score').number(), layers: layersIn('stages.best', best.at('hidden')) },
    }),
    visits: state.at('visits').whole(state.at('own').items().length),
    steps: readSteps(state.at('steps')),
    own: state
      .at('own')
      .items()
      .map((length, i) => {
        const rows = length.whole(width)
        if (rows % width) length.refuse(`rows of ${width} numbers`)
        return saved.tensor(`stages.own.${i}`, rows)
      }),
    told: told.value === undefined ? [] : told.items().map((one) => readTold(one, done)),
  }
}

function readTold(told: Field, done: number): Told {
  const stage = told.at('stage')
  return {
    step: told.at('step').whole(1, done),
    stage: {
      kind: stage.at('kind').oneOf(KINDS),
      weights: stage.at('weights').whole(0),
      ownStates: stage.at('ownStates').whole(0),
    },
  }
}

/** Throws InputError. */
export const readSteps = (steps: Field): EnvironmentSteps => ({
  ownStates: steps.at('ownStates').whole(0),
  search: steps.at('search').whole(0),
})
