/** `...{ a, b }` and `...[a, b]` that only keep several things on one line are written out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root, sources } from './support/imports.ts'

/** Spread literals of a text, but those that something is done with (`...[a, b].map(f)`) and parameters. */
function spreadLiterals(text: string): string[] {
  return [...text.matchAll(/\.{3}([{[])/g)].flatMap(({ index, 1: open }) => {
    const close = open === '{' ? '}' : ']'
    let depth = 0
    let at = index + 3
    do {
      if (text[at] === open) depth++
      if (text[at] === close) depth--
      at++
    } while (depth > 0 && at < text.length)
    return /^\s*[.[(:]/.test(text.slice(at)) ? [] : [text.slice(index, at)]
  })
}

it('no literal is spread into a literal', () => {
  const found = sources()
    // the examples of this test
    .filter((file) => file !== 'test/spreads.test.ts')
    .flatMap((file) => spreadLiterals(readFileSync(join(root, file), 'utf8')).map((spread) => `${file}: ${spread}`))
  expect(found).toEqual([])
})

it('and one would be found', () => {
  expect(spreadLiterals("x = { ...{ a: { b }, c }, d }, y = [...['-o', z[0]], 1]")).toHaveLength(2)
  expect(
    spreadLiterals('x = [...[a, b].map(f), ...list, ...(c ? [d] : [])], y = { ...rest, ...(c && { d }) }'),
  ).toEqual([])
})
