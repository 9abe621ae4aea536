import fc from 'fast-check'
import { expect, it } from 'vitest'
import { f16round, halfAt } from '../../../runtime-as/format/half.ts'

const view = new DataView(new ArrayBuffer(2))
const every = Array.from({ length: 65536 }, (_, bits) => {
  view.setUint16(0, bits, true)
  return [halfAt(view, 0), view.getFloat16(0, true)]
})

it('every half is read as Node 24 reads it', () => {
  expect(every.filter(([ours, its]) => !Object.is(ours, its))).toEqual([])
})

it('every half, every middle of two, and its neighbours round as in Node 24', () => {
  const finite = every.map(([half]) => half).filter(Number.isFinite)
  const sorted = [...new Set(finite)].sort((a, b) => a - b)
  const middles = sorted.slice(1).flatMap((high, i) => {
    const middle = (high + sorted[i]) / 2
    return [middle, middle * (1 + Number.EPSILON), middle * (1 - Number.EPSILON)]
  })
  for (const x of [...finite, ...middles, 65519.999, 65520, -65520, Infinity, -Infinity, NaN])
    if (!Object.is(f16round(x), Math.f16round(x))) expect([x, f16round(x)]).toEqual([x, Math.f16round(x)])
})

it('any number rounds as in Node 24', () => {
  fc.assert(fc.property(fc.double(), (x) => Object.is(f16round(x), Math.f16round(x))))
  fc.assert(fc.property(fc.double({ min: -70000, max: 70000 }), (x) => Object.is(f16round(x), Math.f16round(x))))
})
