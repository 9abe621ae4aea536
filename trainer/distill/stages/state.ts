/** Where the stages stand, and how checkpoints keep it. */

import type { Field } from '../../files/field.ts'
import type { StepConfig } from '../../kernels/config.ts'
import type { VariationalLayer } from '../../kernels/networks.ts'
import type { Saved } from '../../teachers/checkpoint.ts'
import type { EnvironmentSteps } from '../points.ts'

/** After a round: all that the next ones depend on, beside the candidates. */
export interface StageState {
  /** rounds that are done */
  done: number
  /** the student, on normalised observations */
  layers: VariationalLayer[]
  /** at a budget: the score of the student before it trained there */
  before?: number
  /** rounds after which students acted */
  visits: number
  /** what they visited in the last of them: blocks of rows of observation | the teacher's action, shape (rows, observations + actions) each */
  own: Float32Array[]
  /** of all that was made on the way to this student */
  steps: EnvironmentSteps
}

export function* stageTensors({ layers, own }: StageState): Generator<[name: string, values: Float32Array]> {
  for (const [l, { theta, logSigma, bias }] of layers.entries()) {
    yield [`stages.${l}.theta`, theta]
    yield [`stages.${l}.logSigma`, logSigma]
    yield [`stages.${l}.bias`, bias]
  }
  for (const [i, rows] of own.entries()) yield [`stages.own.${i}`, rows]
}

export const stageFacts = ({ done, layers, before, own, visits, steps }: StageState): object => ({
  done,
  hidden: layers.slice(0, -1).map(({ bias }) => bias.length),
  before,
  visits,
  steps,
  own: own.map(({ length }) => length),
})

/** Throws InputError for what cannot be. config: of the student before pruning. */
export function readStages(saved: Saved, { observationSize, actionSize, hidden }: StepConfig): StageState {
  const state = saved.state.at('stages')
  const width = observationSize + actionSize
  const before = state.at('before')
  const units = state.at('hidden').items()
  if (units.length !== hidden.length) state.at('hidden').refuse(`a list of ${hidden.length} sizes`)
  const sizes = [observationSize, ...units.map((unit, l) => unit.whole(1, hidden[l])), actionSize]
  return {
    done: state.at('done').whole(1),
    layers: sizes.slice(1).map((outputs, l) => ({
      theta: saved.tensor(`stages.${l}.theta`, outputs * sizes[l]),
      logSigma: saved.tensor(`stages.${l}.logSigma`, outputs * sizes[l]),
      bias: saved.tensor(`stages.${l}.bias`, outputs),
    })),
    ...(before.value !== undefined && { before: before.number() }),
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
  }
}

/** Throws InputError. */
export const readSteps = (steps: Field): EnvironmentSteps => ({
  ownStates: steps.at('ownStates').whole(0),
  search: steps.at('search').whole(0),
})
