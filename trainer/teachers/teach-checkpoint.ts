/**
 * Checkpoints of teaching: the trainer's memory, the transitions so far, the best actor, and where the run stands. Saved where an episode
 * begins, so that the environment need not be: its start depends on the episode's number.
 */
import { InputError } from '../../runtime-as/errors.ts'
import type { Field } from '../files/field.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import type { RandomState } from '../random.ts'
import { asBytes, asFloats, type Identity, loadCheckpoint, type Saved, saveCheckpoint } from './checkpoint.ts'

const format = 'bpd-teach-checkpoint-2'

/** Where a run stands between two episodes. */
export interface TeachState {
  /** environment steps done */
  step: number
  /** the episode that begins */
  episode: number
  explore: RandomState
  /** of work so far, in all processes that the run has had */
  seconds: number
  /** absent before the first evaluation */
  best?: { return: number; layers: VariationalLayer[] }
}

/** identity: what the result depends on; a checkpoint of another run is refused. */
export async function saveTeachState(
  path: string,
  identity: Identity,
  trainer: Trainer,
  { best, ...place }: TeachState,
): Promise<void> {
  const tensors: [string, Float32Array][] = [
    ['memory', asFloats(trainer.save())],
    ['transitions', trainer.data.slice(0, place.step * trainer.rowLength)],
  ]
  for (const [l, { theta, bias }] of (best?.layers ?? []).entries())
    tensors.push([`best.${l}.theta`, theta], [`best.${l}.bias`, bias])
  // absent rather than null where there is none
  const state = { ...place, bestReturn: best?.return }
  await saveCheckpoint(path, { format, identity }, state, tensors)
}

/**
 * Puts the trainer where `saveTeachState` left it. blank: the actor as it begins, for the sizes of the best one; updates: how many the
 * trainer has made by a step. Undefined without a file; throws InputError for a checkpoint that cannot be this run's.
 */
export function loadTeachState(
  path: string,
  identity: Identity,
  trainer: Trainer,
  { blank, updates }: { blank: readonly VariationalLayer[]; updates: (step: number) => number },
): TeachState | undefined {
  const saved = loadCheckpoint(path, { format, identity })
  if (!saved) return undefined
  const { state } = saved
  const { capacity } = trainer.config
  const step = state.at('step').whole(1)
  if (step >= capacity)
    throw new InputError(`${path}: ${step} steps are done, expected fewer than the ${capacity} to make`)
  const memory = asBytes(saved.tensor('memory', trainer.save().length / 4))
  const done = trainer.stepsIn(memory)
  if (updates(step) !== done) state.at('step').refuse(`a step by which ${done} updates are made, as its memory says`)
  const loaded = {
    step,
    episode: state.at('episode').whole(1, step),
    explore: readStream(state.at('explore')),
    seconds: state.at('seconds').number(0),
    best: state.at('bestReturn').value === undefined ? undefined : readBest(saved, blank),
  }
  const transitions = saved.tensor('transitions', step * trainer.rowLength)
  trainer.restore(memory)
  trainer.data.set(transitions)
  return loaded
}

const readBest = (saved: Saved, blank: readonly VariationalLayer[]): NonNullable<TeachState['best']> => ({
  return: saved.state.at('bestReturn').number(),
  layers: blank.map((layer, l) => ({
    ...layer,
    theta: saved.tensor(`best.${l}.theta`, layer.theta.length),
    bias: saved.tensor(`best.${l}.bias`, layer.bias.length),
  })),
})

function readStream(field: Field): RandomState {
  const words = field.items().map((word) => word.whole(-(2 ** 31)))
  if (words.length !== 4) field.refuse('a list of 4 numbers')
  return words as unknown as RandomState
}
