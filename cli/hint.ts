/** What is said once a command, on stderr, and not at all with --quiet. */
import { revectorises } from '../trainer/kernels/kernels.ts'
import { say } from './terminal.ts'

/** The bits do not depend on it. */
export function hintAtNewerNode(): void {
  if (!revectorises) say(`hint: Node 24 and later train faster, to the same bits; this is ${process.versions.node}`)
}
