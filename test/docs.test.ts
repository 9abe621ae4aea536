/** What README and docs say is what the files under bench/results and models say, and every link leads somewhere. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generated } from '../bench/docs/build.ts'
import { apiPages, folderPages, pages, root } from './support/pages.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const written = [...pages(), 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...folderPages()]

describe('generated tables and plots', () => {
  it.each([...generated()])('%s is what "npm run docs" writes', (path, text) => {
    expect(read(path)).toBe(text)
  })
})

describe.each([...written, ...apiPages()])('%s', (page) => {
  it('has no dead link', () => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link)
    const dead = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, dirname(page), link)))
    expect(dead).toEqual([])
  })
})

describe.each(written)('%s', (page) => {
  it('names no file that is not there', () => {
    const names = [
      ...read(page).matchAll(
        /`((?:trainer|runtime-as|firmware-bridge|cli|bench|models|test|examples|docs)\/[\w./-]*)`/g,
      ),
    ]
    const made = /\/build\/|^bench\/results\/$/
    const missing = names.map(([, name]) => name).filter((name) => !made.test(name) && !existsSync(join(root, name)))
    expect(missing).toEqual([])
  })

  it('is prose at 100 columns; tables, pictures and layouts apart', () => {
    const text = read(page).replace(/^```.*?^```$/gms, '')
    const long = text.split('\n').filter((line) => line.length > 100 && !/\||^!?\[|^ {4}/.test(line))
    expect(long).toEqual([])
  })
})

it('the README is short enough to read', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(130)
})
