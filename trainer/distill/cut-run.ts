/** What the two ways of cutting a trained student have in common: at once and tuned (tune.ts), or in stages (stages/stages.ts). */
import type { Checkpoint, Checkpoints } from './checkpoint.ts'
import type { Stage, SweepPoint } from './points.ts'

export interface CutRun {
  /** told after each cut or stage; done: how many are */
  tell(done: number, more: { sweep?: SweepPoint; stage?: Stage }): void
  resumed?: Checkpoint
  /** writes where the work stands */
  save?: (at: Pick<Checkpoint, 'tuned' | 'stages'>) => Promise<void>
  checkpoints?: Checkpoints
  signal?: AbortSignal
}
