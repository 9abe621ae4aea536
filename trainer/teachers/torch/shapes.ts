/** Functions of torch that move numbers about and compute none. */
import { allOf, axisOf, countOf, takeAlong, transpose } from '../graph/arrange.ts'
import type { Value } from '../graph/builder.ts'
import { axis, type Call, Misfit, number, numbers, value } from './call.ts'
import { isValue } from './thing.ts'

export const exchanged = (call: Call, a: number, b: number): Value => {
  const x = value(call, 0)
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i))
  return call.builder.arrange(x, transpose(allOf(x.shape), order))
}

export function slice(call: Call): Value {
  const x = value(call, 0)
  const along = axis(call, 1, 0)
  const size = x.shape[along]
  const said = (i: number, otherwise: number) => {
    const given = call.args[i]
    return given === null || given === undefined ? otherwise : number(call, i, 'bound')
  }
  const first = said(2, 0)
  if (first >= size) throw new Misfit(`what begins at entry ${first} is cut out of ${size}`, first + 1 - size)
  const bound = (i: number, otherwise: number) => {
    const at = said(i, otherwise)
    return Math.min(size, Math.max(0, at < 0 ? at + size : at))
  }
  const [start, end, step] = [bound(2, 0), bound(3, size), call.args[4] === undefined ? 1 : number(call, 4, 'step')]
  if (!(step >= 1)) return call.refuse('a step below 1')
  return taken(call, x, along, { start, end, step })
}

export function taken(
  { builder, refuse }: Call,
  x: Value,
  along: number,
  { start, end, step = 1 }: { start: number; end: number; step?: number },
): Value {
  const places: number[] = []
  for (let at = start; at < end; at += step) places.push(at)
  if (places.length === 0) return refuse('it takes nothing')
  return builder.arrange(x, takeAlong(allOf(x.shape), along, places))
}

/** As many numbers as there are. */
export function exactParts(call: Call, sizes: readonly number[], along: number): Value[] {
  const [size, whole] = [value(call, 0).shape[along], sizes.reduce((sum, n) => sum + n, 0)]
  if (whole !== size) throw new Misfit(`parts of ${whole} numbers are cut out of ${size}`, whole - size)
  return parts(call, sizes, along)
}

/** One of an axis, which is gone then. */
export const entry = (call: Call, x: Value, along: number, at: number): Value =>
  call.builder.reshape(
    taken(call, x, along, { start: at, end: at + 1 }),
    x.shape.filter((_, i) => i !== along),
  )

export function parts(call: Call, sizes: readonly number[], along: number): Value[] {
  const x = value(call, 0)
  let at = 0
  return sizes.map((size) => {
    at += size
    return taken(call, x, along, { start: at - size, end: Math.min(at, x.shape[along]) })
  })
}

export function reshaped(call: Call, given: readonly number[]): Value {
  const x = value(call, 0)
  const known = countOf(given.filter((n) => n !== -1))
  const shape = given.map((n) => (n === -1 ? countOf(x.shape) / known : n))
  if (countOf(shape) !== countOf(x.shape) || !shape.every((n) => Number.isInteger(n) && n >= 1))
    return call.refuse(`shape [${given.join(', ')}] of [${x.shape.join(', ')}]`)
  return call.builder.reshape(x, shape)
}

export function flatten(call: Call): Value {
  const { shape } = value(call, 0)
  const [from, to] = [axis(call, 1, 0), axisOf(number(call, 2, 'end_dim', -1), shape.length) ?? shape.length - 1]
  return reshaped(call, [...shape.slice(0, from), countOf(shape.slice(from, to + 1)), ...shape.slice(to + 1)])
}

export function unflatten(call: Call): Value {
  const [{ shape }, along] = [value(call, 0), axis(call, 1, 0)]
  return reshaped(call, [...shape.slice(0, along), ...numbers(call, 2, 'sizes'), ...shape.slice(along + 1)])
}

export function squeeze(call: Call): Value {
  const x = value(call, 0)
  const along = call.args[1] === undefined ? undefined : axis(call, 1, 0)
  return call.builder.reshape(
    x,
    x.shape.filter((n, i) => n !== 1 || (along !== undefined && i !== along)),
  )
}

export function unsqueeze(call: Call): Value {
  const x = value(call, 0)
  const at = axisOf(number(call, 1, 'dim'), x.shape.length + 1) ?? call.refuse('an axis that is not there')
  return call.builder.reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

export function concatenate(call: Call): Value {
  const { builder, args, refuse } = call
  const [list] = args
  if (!Array.isArray(list) || !list.every(isValue)) return refuse('expected a list of arrays')
  const all = list as readonly Value[]
  const [{ shape }] = all
  const along = axis(call, 1, 0, all[0])
  if (countOf(shape.slice(0, along)) !== 1 || all.some((part) => part.shape.length !== shape.length))
    return refuse('expected arrays of one row')
  const size = all.reduce((sum, part) => sum + part.shape[along], 0)
  return builder.reshape(
    builder.join(all),
    shape.map((n, i) => (i === along ? size : n)),
  )
}
