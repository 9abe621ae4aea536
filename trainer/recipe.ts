/** The numbers that a distillation is made with. What a task asks for lies with the task, what a variant fixes with the variant. */
import type { Outside } from '../runtime-as/format/network.ts'
import type { PrunerName } from './distill/prune/pruners.ts'
import type { KlSchedule, NoiseMode, StepConfig } from './kernels/config.ts'

/** Taken over by the training step as they are. */
type StepOptions = Pick<
  StepConfig,
  | 'hidden'
  | 'criticHidden'
  | 'batchSize'
  | 'chunks'
  | 'discount'
  | 'tau'
  | 'policyDelay'
  | 'actorRate'
  | 'criticRate'
  | 'dataScale'
  | 'valueWeight'
>

/** Whose actions are cloned while the student trains. Tuning and stages clone the teacher's own. */
export const CLONED = ['executed', 'teacher'] as const

/** A recipe, whole: the options of `bpd distill` that decide what comes out. */
export interface Recipe extends StepOptions {
  /** number of weights that the variants without Gaussian weights aim at */
  budget: number
  /** variant `l1`: L1 penalty, in units of the learning rate: each update shrinks every weight by rate x l1 */
  l1: number
  /** in its place: penalties of which the best at each cut is taken by the picking data; each is a whole training */
  l1Path?: readonly number[]
  /** executed: with exploration noise; teacher: without. Critics see the executed ones in either case */
  clone: (typeof CLONED)[number]
  /** T: critic steps; the student moves at every `policyDelay`-th */
  steps: number
  noise: Exclude<NoiseMode, 'none'>
  klShape: KlSchedule['shape']
  /** of `linear`: the KL term's weight at step t is min(nu t / T, klCap) */
  nu: number
  /** the most that the KL term weighs */
  klCap: number
  /** log alpha at which the student is pruned for the training curve */
  threshold: number
  /** critic steps between points of the training curve */
  evaluateEvery: number
  /** episodes of the mean return at a point of the training curve */
  progressEpisodes: number
  /** log alpha thresholds that are pruned, tuned and picked from */
  thresholds: readonly number[]
  /** in their place: how many weights to leave, those of lowest log alpha */
  keep?: readonly number[]
  /** in stages (stages/plan.ts), by this measure of what each weight is worth; absent: at once, by the variant's own */
  prune?: PrunerName
  /** stages: share of the weights that each cut leaves */
  stageShare: number
  /** stages: updates after each cut */
  stageUpdates: number
  /** stages: learning rate of the student; at the end of each budget it falls to zero */
  stageRate: number
  /** stages: how often a student trains on at each budget, before its rate falls */
  rounds: number
  /** stages: updates of each of those rounds */
  roundUpdates: number
  /** stages: share of the weights that the first of those rounds exchanges for others; later ones exchange fewer */
  swap: number
  /** stages, not offline: states that the student visits itself after each of them, labelled by its teacher; absent: none */
  ownStates?: number
  /** how many of the last of those rounds stay in the data */
  ownRounds: number
  /** how often those of them count that lead to a fall, or to where the episode was given up; absent: 1, as all others */
  lostWeight?: number
  /** stages, not offline: most episodes of a search on the return at each budget; absent: none */
  search?: number
  /** of the squared error of each action in the loss; absent: 1 each */
  actionWeights?: readonly number[]
  /** student updates with the mask frozen, for each point of the sweep */
  tuneUpdates: number
  /** learning rate of the student at the beginning of tuning; default: `actorRate` */
  tuneRate?: number
  /** with the critics, or cloning the teacher's clean actions only */
  tuneWithValue: boolean
  /** episodes by whose mean return students are picked */
  pickEpisodes: number
  /** how much of |teacher's return| the picked student may lose on the picking episodes */
  tolerance: number
  /** adds to the data as many observations disturbed by so many standard deviations, labelled by the teacher; absent: none */
  augment?: number
  /** most weights that the picked student may have; then the rule is the best student, not the fewest weights */
  maxWeights?: number
  /** the same, bytes of its file */
  maxBytes?: number
  /** the contract bounds the observations to the range of the data, widened by a share of it; absent: no bounds */
  observationBounds?: Outside
  /** that share, on either side */
  observationMargin?: number
  /** fused multiply-add where the CPU has it: faster, other last bits than on a CPU without */
  fused: boolean
}
