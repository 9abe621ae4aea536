/** The code keeps to ARCHITECTURE.md, and no files import each other in a circle. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { circles, importGraph, importsOf, root } from './support/imports.ts'

const document = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
const graph = importGraph()

/** Rows of the first table: a folder, and the last cell. */
const rows = document
  .split('\n| --- ', 2)[1]
  .split('\n\n', 1)[0]
  .split('\n')
  .flatMap((line) => line.match(/^\| `([\w/-]+)\/` \|.*\| (.+) \|$/)?.slice(1, 3) ?? [])
const folders = rows.filter((_, i) => i % 2 === 0)
const cells = new Map(folders.map((folder, i) => [folder, rows[2 * i + 1]]))

/** The row that a file belongs to: the longest folder above it. */
function folderOf(file: string): string | undefined {
  const above = folders.filter((folder) => file.startsWith(`${folder}/`))
  return above.sort((a, b) => b.length - a.length)[0]
}

/** What the files of a folder import of others. */
function imported(folder: string): Set<string> {
  const files = [...graph].filter(([file]) => folderOf(file) === folder)
  const others = files.flatMap(([, imports]) => imports.map((file) => folderOf(file)!))
  return new Set(others.filter((other) => other !== folder))
}

/** As the last cell has it: a neighbour by its name alone. */
function cellOf(folder: string): string {
  const [top] = folder.split('/')
  const others = imported(folder)
  const names = folders.filter((other) => others.has(other))
  const near = (name: string) => name === top || name.startsWith(`${top}/`)
  const ordered = [...names.filter(near), ...names.filter((name) => !near(name))]
  return (
    ordered.map((name) => `\`${name.startsWith(`${top}/`) ? name.slice(top.length + 1) : name}\``).join(', ') || '-'
  )
}

const sorted = (cell: string) => cell.split(', ').sort()

describe('the table of folders', () => {
  it('has a row for every file, and no row for a folder that is gone', () => {
    expect([...graph.keys()].filter((file) => !folderOf(file))).toEqual([])
    expect(folders.filter((folder) => !existsSync(join(root, folder)))).toEqual([])
    expect(folders.length).toBeGreaterThan(20)
  })

  it.each([...cells].filter(([, cell]) => cell !== 'everything'))('%s imports %s', (folder, cell) => {
    expect(sorted(cell), `the cell of ${folder} should be: ${cellOf(folder)}`).toEqual(sorted(cellOf(folder)))
  })
})

describe('every path that ARCHITECTURE.md names', () => {
  const named = [...document.matchAll(/`((?:cli|trainer|runtime-as|firmware-bridge|bench|test)\/[\w./-]+)`/g)]
  it.each([...new Set(named.map(([, path]) => path))])('%s is there', (path) => {
    expect(existsSync(join(root, path))).toBe(true)
  })
})

describe('imports', () => {
  it('go in no circle', () => {
    expect(circles(graph)).toEqual([])
  })

  it('are found as they are written, and circles in them', () => {
    const text = [
      "import type { A } from './a.ts'",
      "import {\n  type B,\n  b,\n} from '../b.ts'",
      "export * from './c'",
      "import 'node:fs'",
      "// import { no } from './comment.ts'",
      // in two parts: this file imports no such thing
      `const later = await ${'import'}('./d.ts')`,
      "const other = `\nimport { no } from './template.ts'\n`",
    ].join('\n')
    expect(importsOf('x/y.ts', text)).toEqual(['x/a.ts', 'b.ts', 'x/c.ts', 'x/d.ts'])
    const around = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['e'], e: [], f: ['f'] }
    expect(circles(new Map(Object.entries(around)))).toEqual([['a', 'b', 'c'], ['f']])
  })
})
