/** The tensors of a file by their names, whatever wrote it. */
import { brief } from '../files/brief.ts'
import type { Numbers } from './graph/graph.ts'

/** One tensor of it. */
export interface NamedTensor {
  shape: readonly number[]
  /** row-major; read when it is wanted */
  values(): Numbers
}

export type StateDict = ReadonlyMap<string, NamedTensor>

/** Throws where a number is none. */
export function finite(state: StateDict, key: string, refuse: (what: string) => never): Numbers {
  const values = state.get(key)!.values()
  const bad = values.findIndex((x) => !Number.isFinite(x))
  return bad < 0 ? values : refuse(`tensor ${brief(key)}: entry ${bad} is ${values[bad]}, expected finite`)
}
