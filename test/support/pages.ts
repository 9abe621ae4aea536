/** The pages that people read, and the blocks of commands and code in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Block {
  language: string
  text: string
}

/** README and docs, by their path from the root. */
export const pages = (): string[] => ['README.md', ...readdirSync(join(root, 'docs')).filter(isPage).map(inDocs).sort()]

/** The reference, by path from the root. Its blocks are the examples of api-examples.ts. */
export const apiPages = (): string[] =>
  readdirSync(join(root, 'docs/api'))
    .filter(isPage)
    .map((name) => `docs/api/${name}`)
    .sort()

/** The READMEs and specifications that lie beside the code, by their path from the root. */
export const folderPages = (): string[] =>
  ['trainer', 'runtime-as', 'firmware-bridge', 'clients'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter(isPage)
      .map((file) => `${top}/${file.replaceAll('\\', '/')}`)
      .sort(),
  )

const isPage = (name: string) => name.endsWith('.md')
const inDocs = (name: string) => `docs/${name}`

/** Fenced blocks of a page, in its order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, body]) => ({ language, text: body }))
}

/** Lines of a page that stand indented, outside of fences, and begin with a command. */
export function indentedCommands(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```.*?^```$/gms, '')
  return text.split('\n').filter((line) => /^ {4}(npm|npx|node|git|bpd|st-flash|\.ci)\b/.test(line))
}
