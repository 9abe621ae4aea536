import type { Wanted } from '../files/sniff.ts'
import type { Tensors } from './safetensors.ts'

export interface NamedBytes {
  bytes: Uint8Array
  /** how errors call it */
  name: string
}

/** A kind of file that teachers come in from elsewhere. One of one's own: one file, one line in formats.ts. */
export interface TeacherFormat {
  /** how messages call such a file */
  name: string
  /** what its bytes are found to be (../files/sniff.ts) */
  kind: Wanted
  /** in the form of our teacher files, which `decodeTeacher` checks. statistics: of the observations, where the format has them apart */
  read(file: NamedBytes, statistics?: NamedBytes): Promise<Tensors>
  /** the file of statistics that belongs to the one at `path`, if there is one; absent: the format has none */
  statisticsBeside?(path: string): string | undefined
}
