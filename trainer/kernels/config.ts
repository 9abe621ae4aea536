/** Everything that defines a training step. Two threads with the same config do the same arithmetic. */
export interface StepConfig {
  observationSize: number
  actionSize: number
  actionLow: readonly number[]
  actionHigh: readonly number[]
  /** hidden sizes of the actor (the student); 128, 128 in the paper */
  hidden: readonly number[]
  /** hidden sizes of each critic; 256, 256 in the paper */
  criticHidden: readonly number[]
  /** transitions of a step */
  batchSize: number
  /** the batch is cut into this many parts, whatever the number of threads, so that sums round the same way */
  chunks: 1 | 2
  /** transitions that fit in memory */
  capacity: number
  /** gamma */
  discount: number
  /** Polyak averaging rate of the target networks */
  tau: number
  /** actor and targets move every `policyDelay`-th step */
  policyDelay: number
  /** Adam's step size for the actor */
  actorRate: number
  /** Adam's step size for the critics */
  criticRate: number
  /** |D| in the loss, which weighs value and cloning against the KL term */
  dataScale: number
  /** h: weight of the value term; 0 leaves the critics out altogether */
  valueWeight: number
  /** 1 for distillation, 0 for reinforcement learning without a teacher */
  cloneWeight: number
  /** TD3's target policy smoothing, in units of half the action range; none in BPD, where the target student's own noise takes its place */
  smoothing?: { sigma: number; clip: number }
  kl: KlSchedule
  /** each transition ends with an action to clone of its own; absent: the executed one is cloned */
  targetApart?: boolean
  /** the actor has two outputs an action, mean and log standard deviation of a Gaussian: soft actor-critic (`step/sac.ts`) */
  gaussian?: boolean
}

export const KL_SHAPES = ['linear', 'constant', 'exponential', 'cosine'] as const

/** Weight of the KL term at step t of T. linear: min(nu t / T, cap), the paper's. */
export interface KlSchedule {
  shape: (typeof KL_SHAPES)[number]
  nu: number
  cap: number
  /** T */
  steps: number
}

/** Whether nu changes it. */
export function hasSlope({ shape }: Pick<KlSchedule, 'shape'>): boolean {
  switch (shape) {
    case 'linear':
      return true
    default:
      return false
  }
}

export function klWeight(schedule: KlSchedule, step: number): number {
  const progress = Math.min(step / schedule.steps, 1)
  switch (schedule.shape) {
    case 'linear':
      return Math.min(schedule.nu * progress, schedule.cap)
    case 'constant':
      return schedule.cap
    case 'exponential':
      // from cap / 1000 up to cap
      return schedule.cap * 1000 ** (progress - 1)
    case 'cosine':
      return (schedule.cap * (1 - Math.cos(Math.PI * progress))) / 2
  }
}

/** How the actor computes during training: with weight noise by either formula, or as a plain network. */
export type NoiseMode = 'none' | 'paper' | 'official'
export const noiseModes: readonly NoiseMode[] = ['none', 'paper', 'official']

/** The authors' defaults (docs/method.md: T = 1e6 steps, |D| = 1e6); what belongs to the task is left to the caller. */
export const authorsDefaults = {
  hidden: [128, 128],
  criticHidden: [256, 256],
  batchSize: 256,
  chunks: 2,
  discount: 0.99,
  tau: 0.005,
  policyDelay: 2,
  actorRate: 3e-4,
  criticRate: 3e-4,
  dataScale: 1e6,
  valueWeight: 0.5,
  cloneWeight: 1,
} as const
