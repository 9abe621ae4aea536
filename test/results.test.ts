import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './support/imports.ts'

const results = readdirSync(join(root, 'bench/results'), { encoding: 'utf8', recursive: true }).filter((name) =>
  name.endsWith('.json'),
)

it.each(results)('bench/results/%s names files of the repository, and no path of who measured', (name) => {
  const text = readFileSync(join(root, 'bench/results', name), 'utf8')
  expect(text.match(/"(?:(?:\.\.\/)+|\/(?:home|root|tmp|usr|var|work)\/)[^"]*"/g)).toBeNull()
})
