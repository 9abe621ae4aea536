/** Whose smallest students are measured, and by which recipe. */
import type { EnvironmentSteps } from '../trainer/distill/points.ts'
import type { Outcome } from '../trainer/tasks/evaluate.ts'

export interface Case {
  task: string
  /** in models/, or in the folder of public ones */
  teacher: string
  /** numbers of weights */
  keep: readonly number[]
  transitions: number
  /** options of `bpd distill` beside */
  recipe: string
}

/** Added to the seed of the episodes that choose what ships. */
export const CHOOSING = 1000

/** One student of one seed. */
export interface Measured {
  seed: number
  budget: number
  weights: number
  bytes: number
  /** absent: none, it is offline */
  environmentSteps?: EnvironmentSteps
  /** of the whole distillation */
  seconds: number
  teacher: Outcome[]
  student: Outcome[]
  /** of the teacher, on the episodes that choose what ships: none of those reported */
  choosing: Outcome[]
  /** its return on the picking episodes, as a share of the teacher's on those and on the choosing ones */
  picked: number
  file: string
  data: string
}

const offline = '--variant obd --steps 50000 --actor-rate 0.001 --stage-share 0.8 --swap 0.2'
const common = `${offline} --own-states 30000`
/** many more rounds at each number of weights */
const rounds = '--rounds 9 --round-updates 25000 --stage-updates 10000'
const long = `${common} ${rounds} --tune-updates 120000`
/** what leads to a loss counts for more, and each action by what noise of 0.4 in it costs the teacher (of all six, at least 8 % of the mean) */
const halfcheetah = (actionWeights: string) => `${long} --augment 0.1 --lost-weight 3 --action-weights ${actionWeights}`
/** from the offline student that is there */
const further = (task: string) =>
  `--from models/${task}/student.bpd --prune obd --actor-rate 0.001 --stage-share 0.8 --swap 0.2 --own-states 30000 ${rounds} --tune-updates 120000`
/** what a few minutes of one core are enough for */
const quick = `${common} --stage-updates 6000 --rounds 3 --round-updates 15000`

export const cases: Record<string, Case> = {
  hopper: {
    task: 'hopper',
    teacher: 'models/hopper',
    keep: [425, 212],
    transitions: 100_000,
    recipe: `${common} --tune-updates 80000 --rounds 9 --round-updates 25000 --search 6000`,
  },
  // the fewest weights that keep enough: what ships in half the bytes of the offline student
  'hopper-bytes': {
    task: 'hopper',
    teacher: 'models/hopper',
    keep: [300, 235, 212],
    transitions: 100_000,
    recipe: `${common} --tune-updates 80000 --rounds 9 --round-updates 25000 --augment 0.1 --lost-weight 3 --search 6000`,
  },
  'hopper-offline': {
    task: 'hopper',
    teacher: 'models/hopper',
    keep: [850, 425],
    transitions: 100_000,
    recipe: `${offline} --rounds 5 --round-updates 15000 --tune-updates 50000 --augment 0.1`,
  },
  'hopper-quick': {
    task: 'hopper',
    teacher: 'models/hopper',
    keep: [425],
    transitions: 100_000,
    recipe: `${quick} --tune-updates 50000`,
  },
  halfcheetah: {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah',
    keep: [1428, 714],
    transitions: 200_000,
    recipe: halfcheetah('1.55,1.64,0.48,1.84,0.30,0.19'),
  },
  'halfcheetah-more': {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah',
    keep: [2600, 2000],
    transitions: 200_000,
    recipe: halfcheetah('1.55,1.64,0.48,1.84,0.30,0.19'),
  },
  // as many as fit, as mixed, in half the bytes of the offline student
  'halfcheetah-bytes': {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah',
    keep: [2400],
    transitions: 200_000,
    recipe: halfcheetah('1.55,1.64,0.48,1.84,0.30,0.19'),
  },
  'halfcheetah-quick': {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah',
    keep: [1428],
    transitions: 100_000,
    recipe: `${quick} --tune-updates 100000`,
  },
  'halfcheetah-tqc-offline': {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah/public',
    keep: [2857],
    transitions: 400_000,
    recipe: `${offline} ${rounds} --tune-updates 250000 --augment 0.1`,
  },
  'halfcheetah-tqc': {
    task: 'halfcheetah',
    teacher: 'models/halfcheetah/public',
    keep: [1428, 714],
    transitions: 200_000,
    recipe: halfcheetah('0.47,1.55,0.30,2.06,1.53,0.08'),
  },
  'walker2d-trpo': {
    task: 'walker2d',
    teacher: 'models/walker2d/public',
    keep: [543, 271],
    transitions: 200_000,
    recipe: `${long} --search 3000`,
  },
  // the same of Walker2d
  'walker2d-trpo-bytes': {
    task: 'walker2d',
    teacher: 'models/walker2d/public',
    keep: [390, 350],
    transitions: 200_000,
    recipe: `${long} --augment 0.1 --lost-weight 3 --search 6000`,
  },
  'ant-trpo': {
    task: 'ant',
    teacher: 'models/ant/public',
    keep: [803, 401],
    transitions: 200_000,
    recipe: long,
  },
  // the same of Ant, cut further from the offline student
  'ant-trpo-bytes': {
    task: 'ant',
    teacher: 'models/ant/public',
    keep: [700, 650],
    transitions: 200_000,
    recipe: further('ant'),
  },
  'ant-trpo-less': {
    task: 'ant',
    teacher: 'models/ant/public',
    keep: [600, 530],
    transitions: 200_000,
    recipe: further('ant'),
  },
}
