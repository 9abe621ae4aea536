/** What an operator is given, and what it makes of it. */
import type { Builder, Value } from '../graph/builder.ts'
import type { Node } from './model.ts'
import type { Constant } from './tensor.ts'

/** A node with what it takes. */
export interface Call {
  node: Node
  builder: Builder
  /** of the standard operators */
  opset: number
  /** undefined: left out */
  inputs: readonly (Value | undefined)[]
  input(i: number): Value
  /** Throws where it is not known. */
  constant(i: number): Constant
  /** attributes */
  int(name: string, otherwise: number): number
  float(name: string, otherwise: number): number
  ints(name: string): readonly number[] | undefined
  refuse(what: string): never
}

/** One value, or one an output. */
export type Operator = (call: Call) => Value | readonly Value[]
