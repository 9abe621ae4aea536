import type { Wanted } from '../files/sniff.ts'
import type { Log } from './log.ts'

/** A kind of file that data comes in. One of one's own: one file in formats/, one line in formats.ts. */
export interface DataFormat {
  /** how messages call it */
  name: string
  /** what its bytes are found to be (../files/sniff.ts) */
  kind: Wanted
  open(path: string): Promise<Log>
}

/** A folder that data comes in. */
export interface FolderFormat {
  name: string
  /** what makes a folder one of this kind, whichever of these is there, as paths within it */
  has: readonly string[]
  /** found: the first of `has` that is there, within the folder */
  open(folder: string, found: string): Promise<Log>
}
