import type { Wanted } from '../files/sniff.ts'
import type { Tensors } from './safetensors.ts'

export interface NamedBytes {
  bytes: Uint8Array
  /** how errors call it; where it lies */
  name: string
}

/** What the user says of a file that does not say it itself. */
export interface Said {
  /** how many observations it takes, in a file for any number of them */
  observations?: number
  /** of the hidden layers */
  activation?: string
  /** what becomes of the last layer: tanh, scaled to the bounds; clip: limited to them; none: it is the action */
  output?: OutputKind
  /** lower bounds of the actions, in their units: one for all, or one each */
  actionLow?: number[]
  /** upper bounds, the same */
  actionHigh?: number[]
}

export const outputKinds = ['tanh', 'clip', 'none'] as const
export type OutputKind = (typeof outputKinds)[number]

/** A teacher in the form of our files, and what the user should know of it, a line each. */
export interface Read extends Tensors {
  warnings?: readonly string[]
}

/** A kind of file that teachers come in from elsewhere. One of one's own: one file, one line in formats.ts. */
export interface TeacherFormat {
  /** how messages call such a file */
  name: string
  /** what its bytes are found to be (../files/sniff.ts) */
  kind: Wanted
  /** what the user may say of such a file; all else is refused */
  takes: readonly (keyof Said)[]
  /** in the form of our teacher files, which `decodeTeacher` checks. statistics: of the observations, where the format has them apart */
  read(file: NamedBytes, said: Said, statistics?: NamedBytes): Promise<Read>
  /** the file of statistics that belongs to the one at `path`, if there is one; absent: the format has none */
  statisticsBeside?(path: string): string | undefined
}
