/**
 * Checkpoints of a distillation: the trainer's memory, the trained student and those already tuned, the step and the curve. A run that
 * continues from one has the bits of one that never stopped.
 */
import { rmSync } from 'node:fs'
import { InputError } from '../../runtime-as/errors.ts'
import type { Activation, Network } from '../../runtime-as/format/network.ts'
import { weightCount } from '../../runtime-as/format/network.ts'
import { readNamed } from '../files/access.ts'
import type { Field } from '../files/field.ts'
import { cpuFeatures } from '../kernels/cpu.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import type { TaskOrigin } from '../tasks/task.ts'
import { asBytes, asFloats, type Identity, loadCheckpoint, type Saved, saveCheckpoint } from '../teachers/checkpoint.ts'
import { type DistillOptions, recipeOf } from './options.ts'
import { type Candidate, type CurvePoint, cutAt, type Measure, scoreKeys, withoutNetwork } from './points.ts'
import type { DistillJob } from './session.ts'
import { cutCount, cutKind, isStaged } from './stages/plan.ts'
import { readStages, readSteps, type StageState, stageFacts, stageTensors } from './stages/state.ts'

const format = 'bpd-checkpoint-4'

export interface Checkpoint {
  step: number
  curve: CurvePoint[]
  /** of `Trainer.save` */
  memory: Uint8Array
  /** while tuning: the student as it left training, and the cuts that are done */
  trained?: VariationalLayer[]
  tuned: Candidate[]
  /** in stages: where they stand */
  stages?: StageState
}

export interface Keeping {
  /** between two of them */
  minutes: number
  /** continue from the file where there is one */
  resume: boolean
  /** of a task of the user's own, which may have been edited since */
  origin?: TaskOrigin
  /** what must be the same for one to go on from it: the whole run, or all until the student is trained */
  of?: 'run' | 'training'
}

/** How the student is picked: nothing before depends on it. */
const PICKING = ['tolerance', 'maxError', 'maxWeights', 'maxBytes'] as const satisfies (keyof DistillOptions)[]
/** What comes after the training. */
const CUTTING = [
  ...PICKING,
  'thresholds',
  'keep',
  'prune',
  'stageShare',
  'stageUpdates',
  'stageRate',
  'rounds',
  'roundUpdates',
  'swap',
  'ownStates',
  'ownRounds',
  'lostWeight',
  'search',
  'tuneUpdates',
  'tuneRate',
  'tuneWithValue',
  'pickEpisodes',
] as const satisfies (keyof DistillOptions)[]

const recipeWithout = (options: DistillOptions, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(recipeOf(options)).filter(([name]) => !names.includes(name)))

export class Checkpoints {
  /** the last one that was saved or loaded, in words; none yet: undefined */
  last?: string
  readonly #path: string
  readonly #options: DistillOptions
  readonly #identity: Identity
  readonly #keys: (typeof scoreKeys)[Measure]
  readonly #everyMilliseconds: number
  readonly #resume: boolean
  #saved = performance.now()

  constructor(path: string, job: DistillJob, { minutes, resume, origin, of = 'run' }: Keeping) {
    this.#path = path
    this.#options = job.options
    this.#everyMilliseconds = minutes * 60_000
    this.#resume = resume
    this.#identity = {
      ...recipeWithout(job.options, of === 'run' ? PICKING : CUTTING),
      // a variant that cuts while it trains does not, where stages do
      ...(of === 'training' && { staged: isStaged(job.options) }),
      ...job.identity,
      // with fused multiply-add the last bits are the CPU's
      cpu: job.options.fused && cpuFeatures().fused,
      ...(origin && { origin }),
    }
    this.#keys = scoreKeys[job.judge.measure]
  }

  due(): boolean {
    return performance.now() - this.#saved > this.#everyMilliseconds
  }

  async save({ step, curve, memory, trained, tuned, stages }: Checkpoint): Promise<void> {
    const tensors: [string, Float32Array][] = [['memory', asFloats(memory)]]
    for (const [l, { theta, logSigma, bias }] of (trained ?? []).entries())
      tensors.push([`trained.${l}.theta`, theta], [`trained.${l}.logSigma`, logSigma], [`trained.${l}.bias`, bias])
    const cuts = tuned.map((candidate, i) => ({
      point: withoutNetwork(candidate),
      layers: candidate.network.layers.map(({ weights, bias, ...layer }, l) => {
        tensors.push([`tuned.${i}.${l}.weights`, weights], [`tuned.${i}.${l}.bias`, bias])
        return layer
      }),
    }))
    if (stages) tensors.push(...stageTensors(stages))
    const staged = stages && { stages: stageFacts(stages) }
    const state = { step, curve, trained: trained !== undefined, tuned: cuts, ...staged }
    await saveCheckpoint(this.#path, { format, identity: this.#identity }, state, tensors)
    this.last = this.#described(step, tuned.length)
    this.#saved = performance.now()
  }

  /** trainer: as it begins, of the sizes that everything must have. Throws InputError for a checkpoint that cannot be this run's. */
  load(trainer: Trainer): Checkpoint | undefined {
    const saved = this.#resume ? loadCheckpoint(this.#path, { format, identity: this.#identity }) : undefined
    if (!saved) return undefined
    const { state } = saved
    const memory = asBytes(saved.tensor('memory', trainer.save().length / 4))
    const step = state.at('step').whole(0, this.#options.steps)
    state.at('step').mustBe(trainer.stepsIn(memory), ', as many as its memory has done')
    const curve = readCurve(state.at('curve'), step, this.#options, this.#keys.curve)
    const trained = state.at('trained').oneOf([true, false]) ? readTrained(saved, trainer) : undefined
    const cuts = state.at('tuned')
    const kind = cutKind(this.#options)
    const tuned = cuts.items().map((entry, i) => {
      const cut = entry.at('point').at(kind).number()
      return { ...cutAt(kind, cut), ...readTuned(saved, entry, i, trainer, this.#keys) }
    })
    const most = trained ? cutCount(this.#options) : 0
    if (tuned.length > most) cuts.refuse(`at most ${most} cuts`)
    this.last = this.#described(step, tuned.length)
    if (!trained) return { step, curve, memory, tuned }
    const stages = state.at('stages').value === undefined ? undefined : readStages(saved, trainer.config)
    return { step, curve, memory, tuned, trained, stages }
  }

  /** The student of a file that is named. Throws InputError too where there is none, or it was not trained to the end. */
  loadTrained(trainer: Trainer): Checkpoint {
    readNamed(this.#path)
    const { step, curve, memory, trained } = this.load(trainer)!
    if (!trained) throw new InputError(`${this.#path}: of step ${step}, expected a student that is trained to the end`)
    return { step, curve, memory, trained, tuned: [] }
  }

  #described(step: number, tuned: number): string {
    return `${this.#path}, of step ${step}${tuned ? `, ${tuned} tuned` : ''}`
  }

  /** The run is complete. */
  remove(): void {
    rmSync(this.#path, { force: true })
  }
}

/** A point at every `evaluateEvery`-th step so far, and one at the end. */
function readCurve(
  curve: Field,
  step: number,
  { evaluateEvery, steps }: DistillOptions,
  score: 'return' | 'error',
): CurvePoint[] {
  const points = curve.items()
  const expected = step === steps ? Math.ceil(step / evaluateEvery) : Math.floor(step / evaluateEvery)
  if (points.length !== expected) curve.refuse(`a list of ${expected} points`)
  return points.map((point, i) => {
    point.at('step').mustBe(Math.min((i + 1) * evaluateEvery, steps))
    const number = (name: keyof CurvePoint) => point.at(name).number()
    const numbers = (name: keyof CurvePoint) =>
      point
        .at(name)
        .items()
        .map((x) => x.number())
    return {
      step: number('step'),
      critic: number('critic'),
      value: number('value'),
      absoluteValue: number('absoluteValue'),
      clone: number('clone'),
      kl: number('kl'),
      klWeight: number('klWeight'),
      [score]: number(score),
      weights: number('weights'),
      weightsPerLayer: numbers('weightsPerLayer'),
      logAlphaHistogram: numbers('logAlphaHistogram'),
    }
  })
}

const readTrained = (saved: Saved, trainer: Trainer): VariationalLayer[] =>
  trainer.networks.readActor().map(({ theta, logSigma, bias }, l) => ({
    theta: saved.tensor(`trained.${l}.theta`, theta.length),
    logSigma: saved.tensor(`trained.${l}.logSigma`, logSigma.length),
    bias: saved.tensor(`trained.${l}.bias`, bias.length),
  }))

/** A tuned student but for what it was cut at; its hidden layers may have any size. */
function readTuned(
  saved: Saved,
  entry: Field,
  i: number,
  trainer: Trainer,
  { pruned, tuned }: (typeof scoreKeys)[Measure],
): Candidate {
  const { observationSize, actionSize, hidden } = trainer.config
  const layers = entry.at('layers').items()
  if (layers.length !== hidden.length + 1) entry.at('layers').refuse(`a list of ${hidden.length + 1} layers`)
  let inputs = observationSize
  const network: Network = {
    layers: layers.map((layer, l) => {
      const outputs = layer.at('outputs').whole(1, l === hidden.length ? actionSize : hidden[l])
      layer.at('inputs').mustBe(inputs)
      if (l === hidden.length) layer.at('outputs').mustBe(actionSize)
      const read = {
        inputs,
        outputs,
        activation: layer.at('activation').oneOf<Activation>(['none', 'relu', 'tanh']),
        weights: saved.tensor(`tuned.${i}.${l}.weights`, inputs * outputs),
        bias: saved.tensor(`tuned.${i}.${l}.bias`, outputs),
      }
      inputs = outputs
      return read
    }),
  }
  const point = entry.at('point')
  const steps = point.at('environmentSteps')
  point.at('weights').mustBe(weightCount(network), ', as its network has')
  return {
    weights: point.at('weights').whole(0),
    bytes: point.at('bytes').whole(1),
    [pruned]: point.at(pruned).number(),
    [tuned]: point.at(tuned).number(),
    ...(steps.value !== undefined && { environmentSteps: readSteps(steps) }),
    network,
  }
}
