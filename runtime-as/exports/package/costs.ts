/** What an inference takes on each core: estimated until measured. */
import type { Program } from '../program.ts'

export function costTable(_program: Program): string {
  return ''
}
