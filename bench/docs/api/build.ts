/**
 * `npm run docs:api`: writes the pages of docs/api, the reference of what the package exports, from the comments in the sources; `-- --check` fails where it
 * differs. Either way it fails where a comment is missing (undocumented.ts), or where a type is shown that cannot be imported.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { undocumented } from './undocumented.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const out = fileURLToPath(new URL('../../../docs/api', import.meta.url))
const typedoc = join(here, 'node_modules/typedoc/bin/typedoc')

function complain(lines: string[]): void {
  for (const line of lines) console.error(line)
  if (lines.length > 0) process.exitCode = 1
}

/** Without README.md, which is written by hand. */
const pagesIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((page) => page !== 'README.md')
      .map((page) => [page, readFileSync(join(folder, page), 'utf8').replace(/ +$/gm, '').trimEnd().concat('\n')]),
  )

if (!existsSync(typedoc)) complain(['expected TypeDoc: npm ci --prefix bench/docs/api --ignore-scripts'])
else {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-api-'))
  try {
    const [made, model] = [join(folder, 'api'), join(folder, 'model.json')]
    const words = ['--options', join(here, 'typedoc.json'), '--out', made, '--json', model, '--logLevel', 'Warn']
    const { status } = spawnSync(process.execPath, [typedoc, ...words], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
    else {
      complain(undocumented(JSON.parse(readFileSync(model, 'utf8'))))
      const pages = pagesIn(made)
      if (!process.argv.includes('--check')) {
        for (const page of pagesIn(out).keys()) rmSync(join(out, page))
        for (const [page, text] of pages) writeFileSync(join(out, page), text)
      } else {
        const committed = pagesIn(out)
        const names = [...new Set([...pages.keys(), ...committed.keys()])]
        const other = names.filter((page) => pages.get(page) !== committed.get(page))
        complain(
          other.map((page) => `docs/api/${page}: differs from the comments, expected what "npm run docs:api" writes`),
        )
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
