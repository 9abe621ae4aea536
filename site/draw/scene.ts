/** What draws one side of the pair. */
import type { Push } from '../run/tasks.ts'
import type { Colours } from './canvas.ts'

export interface Scene {
  /** push: an arrow; faded: its episode has ended */
  draw(colours: Colours, push: Push, faded: boolean): void
  close(): void
}
