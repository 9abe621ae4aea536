/** What a function of torch is called with, and how it reads its arguments. */
import { axisOf } from '../graph/arrange.ts'
import type { Builder, Value } from '../graph/builder.ts'
import { isValue, type Thing } from './thing.ts'

export interface Call {
  builder: Builder
  args: readonly Thing[]
  named: ReadonlyMap<string, Thing>
  refuse(what: string): never
}

/** What is given another number of inputs than it takes: the size of the observation may be why. */
export class Misfit extends Error {
  /** how many more there should be */
  readonly missing: number

  constructor(message: string, missing: number) {
    super(message)
    this.missing = missing
  }
}

export type TorchFunction = (call: Call) => Thing

/** A number is an array of one here. */
export function value({ builder, args, refuse }: Call, i: number): Value {
  const arg = args[i]
  if (typeof arg === 'number') return builder.constant(Float64Array.of(arg), [])
  return arg !== undefined && isValue(arg) ? arg : refuse(`argument ${i + 1}: expected an array`)
}

export function number({ args, named, refuse }: Call, i: number, name: string, otherwise?: number): number {
  const given = args[i] ?? named.get(name) ?? otherwise
  if (typeof given === 'boolean') return Number(given)
  return typeof given === 'number' ? given : refuse(`${name}: expected a number`)
}

export function numbers({ args, named, refuse }: Call, i: number, name: string): number[] {
  const given = args[i] ?? named.get(name)
  if (typeof given === 'number') return [given]
  return Array.isArray(given) && given.every((x) => typeof x === 'number') ? given : refuse(`${name}: expected numbers`)
}

export function axis(call: Call, i: number, otherwise: number, of: Value = value(call, 0)): number {
  return axisOf(number(call, i, 'dim', otherwise), of.shape.length) ?? call.refuse('an axis that is not there')
}
