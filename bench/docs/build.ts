/** `npm run docs`: writes the generated tables and the plot into README and docs; `-- --check` fails where they differ. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderPages, pages, root } from '../../test/support/pages.ts'
import { retainedFigure } from './figure.ts'
import { tables } from './tables.ts'

/** A page with every table between `<!-- NAME -->` and `<!-- /NAME -->` made anew. */
export function filled(text: string): string {
  return text.replace(/<!-- (\w+) -->\n.*?<!-- \/\1 -->/gs, (_, name: string) => {
    if (!Object.hasOwn(tables, name))
      throw new Error(`<!-- ${name} -->: expected one of ${Object.keys(tables).join(', ')}`)
    return `<!-- ${name} -->\n\n${tables[name]()}\n\n<!-- /${name} -->`
  })
}

/** What the files should hold, by their path. */
export function generated(): Map<string, string> {
  const files = [...pages(), ...folderPages()].map(
    (page) => [page, filled(readFileSync(join(root, page), 'utf8'))] as const,
  )
  return new Map([...files, ['docs/images/retained.svg', retainedFigure()]])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generated()) {
    if (!process.argv.includes('--check')) writeFileSync(join(root, path), text)
    else if (readFileSync(join(root, path), 'utf8') !== text) {
      console.error(`${path}: differs from bench/results, expected what "npm run docs" writes`)
      process.exitCode = 1
    }
  }
}
