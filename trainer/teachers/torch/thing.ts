/** Values of TorchScript code while it is read. */
import type { Value } from '../graph/builder.ts'
import type { Foreign } from './checkpoint.ts'

/** What a name may stand for. */
export type Thing = Value | number | string | boolean | null | Foreign | Place | readonly Thing[]

/** A dotted name of a module or a function: torch.linear. */
export class Place {
  readonly path: string
  constructor(path: string) {
    this.path = path
  }
}

export const isValue = (thing: Thing): thing is Value =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing) && 'shape' in thing
