/** SECURITY.md names a test for each of its promises: every one that it names is there. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const text = readFileSync('SECURITY.md', 'utf8')
const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts)

/** Rows of the table under "What holds this true": the promise, and what is named in backticks. */
const promises = text
  .split('## What holds this true')[1]
  .split('\n')
  .filter((line) => /^\| (?!---|promise)/.test(line))
  .map((line) => line.split('|').slice(1, 3))
  .map(([promise, tests]) => ({
    promise: promise.trim(),
    named: [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  }))

/** What is named and not there. A name without a folder is in that of the one before it. */
function absent(named: string[]): string[] {
  let folder = ''
  return named.filter((name) => {
    const script = /^npm run (\S+)$/.exec(name)?.[1]
    if (script !== undefined) return !scripts.includes(script)
    if (name.includes('/')) folder = dirname(name)
    return !/\.test\.ts$/.test(name) || !existsSync(join(folder, name.replace(/^.*\//, '')))
  })
}

describe('a promise of SECURITY.md has tests that are there', () => {
  it('and there are as many as a table has rows', () => expect(promises.length).toBeGreaterThan(20))

  it.each(promises)('$promise', ({ named }) => {
    expect(named.filter((name) => name.endsWith('.test.ts'))).not.toEqual([])
    expect(absent(named)).toEqual([])
  })

  it('would be missed: a file, a neighbour, a script', () => {
    expect(
      absent(['test/nowhere.test.ts', 'test/supply.test.ts', 'nobody.test.ts', 'npm run nothing', 'a word']),
    ).toEqual(['test/nowhere.test.ts', 'nobody.test.ts', 'npm run nothing', 'a word'])
  })
})
