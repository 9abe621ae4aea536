/** What `npm run docs:api` refuses: exports whose comments leave something out. The model is TypeDoc's, as far as it is looked at. */
import { describe, expect, it } from 'vitest'
import { type Reflection, undocumented } from '../bench/docs/api/undocumented.ts'
import { promised } from './support/api-examples.ts'

const summary = [{ text: 'said' }]
const number = { type: 'intrinsic', name: 'number' }
const example = { tag: '@example' }
const projectOf = (...children: Reflection[]): Reflection => ({
  name: 'all',
  kind: 1,
  children: [{ name: 'bpd', kind: 2, comment: { summary }, children }],
})
const f = (signature: Partial<Reflection>): Reflection => ({
  name: 'f',
  kind: 64,
  signatures: [{ name: 'f', kind: 4096, comment: { summary, blockTags: [example] }, ...signature }],
})
const properties = (...children: Reflection[]): Reflection => ({ name: 'I', kind: 256, comment: { summary }, children })

describe('undocumented', () => {
  it('lets a function with a comment, an example and its parameters pass', () => {
    expect(undocumented(projectOf(f({ parameters: [{ name: 'x', kind: 32768, comment: { summary } }] })))).toEqual([])
  })

  it.each([
    ['no comment', {}, 'bpd f: expected a comment'],
    ['no example', { summary }, 'bpd f: 0 examples, expected one @example'],
    ['two examples', { summary, blockTags: [example, example] }, 'bpd f: 2 examples, expected one @example'],
  ] as const)('refuses a function with %s', (_, comment, line) => {
    expect(undocumented(projectOf(f({ comment: { summary: [], ...comment } as Reflection['comment'] })))).toContain(
      line,
    )
  })

  it('refuses a parameter of which nothing is said', () => {
    const lines = undocumented(projectOf(f({ parameters: [{ name: 'x', kind: 32768, type: number }] })))
    expect(lines).toEqual(['bpd f(x): expected @param with unit or shape'])
  })

  it.each([
    ['a number', number],
    ['a number that may be absent', { type: 'union', types: [{ type: 'intrinsic', name: 'undefined' }, number] }],
    ['an array', { type: 'array' }],
    ['a Float32Array', { type: 'reference', name: 'Float32Array', target: {} }],
  ])('refuses a property that is %s, without unit or shape', (_, type) => {
    const lines = undocumented(projectOf(properties({ name: 'x', kind: 1024, type })))
    expect(lines).toEqual(['bpd I.x: expected a comment with unit or shape'])
  })

  it('lets names and types of our own speak for themselves', () => {
    const own = { name: 'policy', kind: 1024, type: { type: 'reference', name: 'Policy', target: 7 } }
    const text = { name: 'name', kind: 1024, type: { type: 'intrinsic', name: 'string' } }
    expect(undocumented(projectOf(properties(own, text)))).toEqual([])
  })
})

it('what an example promises to print is read from its comments', () => {
  const [line] = promised('f(1) // of one\nconsole.log(f(2)) // => [ 2, … ]\n')
  expect('before\n[ 2, 3 ]\nafter').toMatch(line)
  expect('[ 3 ]').not.toMatch(line)
  expect('x [ 2, 3 ]').not.toMatch(line)
})
