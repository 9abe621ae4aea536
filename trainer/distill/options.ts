/** What a distillation run is made of. Defaults are the authors' (docs/method.md) where they have one. */

import type { Outside } from '../../runtime-as/format/network.ts'
import type { BackendName } from '../kernels/backend.ts'
import { authorsDefaults, type KlSchedule, type NoiseMode, type StepConfig } from '../kernels/config.ts'
import type { VariantName } from './variants.ts'

/** Taken over by the training step as they are. */
type StepOptions = Pick<
  StepConfig,
  | ('hidden' | 'criticHidden' | 'batch' | 'chunks' | 'discount' | 'tau' | 'delay')
  | ('actorRate' | 'criticRate' | 'dataScale' | 'valueWeight')
>

export interface DistillOptions extends StepOptions {
  variant: VariantName
  /** number of weights that the variants `l1`, `magnitude` and `dense` aim at */
  budget: number
  /** variant `l1`: L1 penalty, in units of the learning rate: each update shrinks every weight by rate x l1 */
  l1: number
  /** T: critic steps; the student moves at every `delay`-th */
  steps: number
  noise: Exclude<NoiseMode, 'none'>
  klShape: KlSchedule['shape']
  nu: number
  klCap: number
  /** log alpha at which the student is pruned for the training curve */
  threshold: number
  evaluateEvery: number
  progressEpisodes: number
  /** log alpha thresholds that are pruned, tuned and picked from */
  thresholds: readonly number[]
  /** in their place: how many weights to leave, those of lowest log alpha */
  keep?: readonly number[]
  /** student updates with the mask frozen, per threshold */
  tuneUpdates: number
  /** learning rate of the student at the beginning of tuning; default: `actorRate` */
  tuneRate?: number
  /** with the critics, or cloning the teacher's clean actions only */
  tuneWithValue: boolean
  pickEpisodes: number
  /** how much of |teacher's return| the picked student may lose on the picking episodes */
  tolerance: number
  /** most weights that the picked student may have; then the rule is the best return, not the fewest weights */
  maxWeights?: number
  /** the same, bytes of its file */
  maxBytes?: number
  /** the contract bounds the observations to the range of the data, widened by a share of it; absent: no bounds */
  observationBounds?: Outside
  observationMargin?: number
  seed: number
  threads: number
  /** who computes the training step; the readable reference is several times slower */
  backend: BackendName
  /** register tile of the kernels; default: the faster one here. The same bits either way */
  tile?: 'wide' | 'narrow'
  /** fused multiply-add where the CPU has it: faster, other last bits than on a CPU without */
  fused: boolean
}

export const distillDefaults = {
  ...authorsDefaults,
  variant: 'bpd',
  budget: 2000,
  l1: 0.01,
  steps: 1_000_000,
  noise: 'paper',
  klShape: 'linear',
  nu: 4,
  klCap: 2,
  threshold: 2,
  evaluateEvery: 5000,
  progressEpisodes: 10,
  thresholds: [-3, -2, -1, 0, 1, 2],
  tuneUpdates: 10_000,
  tuneWithValue: false,
  pickEpisodes: 50,
  tolerance: 0.02,
  fused: true,
  backend: 'fast',
} as const

/** For the MuJoCo tasks: a twentieth of the authors' steps, a third of their |D|, and long tuning. What was tried: bench/results/README.md. */
const mujoco: Partial<DistillOptions> = {
  steps: 50_000,
  noise: 'official',
  dataScale: 3e5,
  evaluateEvery: 10_000,
  thresholds: [-4, -3.5, -3, -2.5, -2, -1.5, -1, 0],
  tuneUpdates: 50_000,
  tuneRate: 1e-3,
  progressEpisodes: 5,
}

/** Per task: what differs from the defaults. The pendulum's student, critics and schedule are small enough for a minute of training. */
const taskPresets: Record<string, Partial<DistillOptions>> = {
  pendulum: {
    steps: 16_000,
    hidden: [64, 64],
    criticHidden: [64, 64],
    actorRate: 1e-3,
    // far below the number of transitions: the prior may outweigh cloning early, and tuning repairs what that costs
    dataScale: 5000,
    evaluateEvery: 1000,
    thresholds: [-3, -2, -1.5, -1, -0.5, 0, 1, 2],
    tuneUpdates: 5000,
    pickEpisodes: 100,
    fused: false,
  },
  hopper: mujoco,
  walker2d: mujoco,
  // needs the most weights, and falls over by the smallest error: see bench/results/README.md
  halfcheetah: { ...mujoco, steps: 200_000, evaluateEvery: 20_000, dataScale: 5e5, tuneUpdates: 100_000 },
  ant: mujoco,
}

/** What the result depends on: everything but how this machine runs it. */
export function recipeOf({ threads: _, tile: __, ...recipe }: DistillOptions): Record<string, unknown> {
  return recipe
}

export type Given = Partial<DistillOptions> & { seed: number; threads: number }

/** The defaults, then the task's, then what was given. */
export function distillOptions(task: string, given: Given): DistillOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Given
  const options = { ...distillDefaults, ...taskPresets[task], ...present }
  return options.variant === 'no-q' ? { ...options, valueWeight: 0 } : options
}
