/** What a run leaves behind: report.json is this, report.html shows it. */
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import type { DistillOptions } from '../../trainer/distill/options.ts'
import type { CurvePoint, Cut, SweepPoint } from '../../trainer/distill/points.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import type { Interval } from '../ablate/interval.ts'
import type { Signature } from '../keys.ts'

export interface Report {
  task: string
  seed: number
  /** when it was made, as ISO 8601 */
  date: string
  teacher: {
    file: string
    /** biases not counted, as in the student */
    weights: number
    /** as plain f32 */
    bytes: number
    return: ReturnStatistics
  }
  student: Cut & {
    file: string
    weights: number
    /** the whole file: indices, contract and golden vectors included */
    bytes: number
    /** CRC-32 of the file, as the board tells it */
    crc: number
    signature: Signature
    /** weights / weights of the teacher, and / weights of the student before pruning */
    keptOfTeacher: number
    keptOfStudent: number
    /** units per layer that are left, the action layer included */
    liveUnits: number[]
    return: ReturnStatistics
  }
  /** student minus teacher, from the same start state in each episode; half: of the 95 % interval of the mean */
  difference: Interval
  distillation: {
    options: DistillOptions
    curve: CurvePoint[]
    sweep: SweepPoint[]
    /** the teacher's mean return on the picking episodes, which the rule compares with */
    teacherPickReturn: number
  }
  board: BoardReport
  seconds: { collect: number; distill: number; board: number; total: number }
  versions: Record<string, string>
  machine: { platform: string; fusedMultiplyAdd: boolean }
}

export interface BoardReport {
  name: string
  clockHz: number
  /** what a cycle is here: counted inside the board, by what */
  counter: string
  teacherCycles: Spread
  studentCycles: Spread
  /** median of the teacher / median of the student */
  speedup: number
  /** what ran as the teacher, where the board cannot run it; absent: itself */
  teacherStandIn?: string
  /** every action of the board equal to the host's, bit for bit */
  bitExact: boolean
  comparedActions: number
  control: { episodes: number; steps: number; return: ReturnStatistics }
  /** static RAM of the image and the deepest stack seen */
  ramBytes: number
  stackBytes: number
  /** image without policies */
  flashBytes: number
  /** of the committed images, the one that the board runs; absent: none of them */
  image?: { compiler: string; flags: string; sha256: string }
}
