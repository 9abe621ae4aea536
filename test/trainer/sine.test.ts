import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosine, sine } from '../../trainer/sine.ts'

const same = (x: number) => {
  expect([x, sine(x), cosine(x)]).toEqual([x, Math.sin(x), Math.cos(x)])
}

describe('sine and cosine', () => {
  it('have the bits that Node gives, which are fdlibm’s', () => {
    fc.assert(fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), same), { numRuns: 3000 })
    fc.assert(fc.property(fc.double({ min: -7, max: 7, noNaN: true }), same), { numRuns: 3000 })
  })

  it('also beside the quarters of a turn, where bits cancel', () => {
    for (let n = -100; n <= 100; n++)
      for (const off of [0, 1e-16, -1e-15, 1e-12, 1e-9, -1e-8]) same((n * Math.PI * (1 + off)) / 4 + off)
  })

  it('and of no angle at all', () => {
    for (const x of [0, -0, 1e-300, -1e-9]) expect([sine(x), cosine(x)]).toEqual([Math.sin(x), Math.cos(x)])
  })

  // sums that cancel, whose last bits another library has otherwise: what Chromium's Math.sin differs in
  it('are fixed vectors, whoever runs them', () => {
    const bits = (x: number) => {
      const view = new DataView(new ArrayBuffer(8))
      view.setFloat64(0, x)
      return view.getBigUint64(0).toString(16)
    }
    expect([1, 3, 10, 100, 1e5].map((x) => bits(sine(x)))).toEqual([
      '3feaed548f090cee',
      '3fc210386db6d55b',
      'bfe1689ef5f34f52',
      'bfe03425b78c4db8',
      '3fa24daa9c527e96',
    ])
    expect([1, 3, 10, 100, 1e5].map((x) => bits(cosine(x)))).toEqual([
      '3fe14a280fb5068c',
      'bfefae04be85e5d2',
      'bfead9ac890c6b1f',
      '3feb981dbf665fdf',
      'bfeffac3841b3da7',
    ])
  })

  it('refuse what nobody turns to', () => {
    for (const x of [2e6, Number.NaN, Infinity]) expect(() => sine(x)).toThrow('expected one within 524288 half turns')
  })
})
