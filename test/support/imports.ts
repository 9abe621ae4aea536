/** What imports what in this tree, by the files' own words: types too, since a reader follows both. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const tops = ['cli', 'site', 'trainer', 'runtime-as', 'firmware-bridge', 'bench', 'test']

/** Every file of TypeScript or AssemblyScript that is not built, from the root. */
export function sources(): string[] {
  return tops.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.includes('node_modules'))
      .map((file) => posix.join(top, file.replaceAll('\\', '/')))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('/build/')),
  )
}

const fixed = /^(?:import|export)\b[^'"`;=]*?\bfrom '([^']+)'|^import '([^']+)'/gm
const later = /\bimport\('([^']+)'\)/g

/** The files that a text of `file` imports; packages and Node's own modules left out. */
export function importsOf(file: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  // what stands in a template is the source of another file; the file's own imports come before any
  const [head] = code.split('`')
  const found = [...head.matchAll(fixed), ...code.matchAll(later)].map(([, from, alone]) => from ?? alone)
  // what Vite is asked for stands behind a question mark
  const bare = found.map((name) => name.replace(/\?.*$/, ''))
  const local = bare.filter((name) => name.startsWith('.')).map((name) => posix.join(dirname(file), name))
  return [...new Set(local.map((path) => (/\.\w+$/.test(path) ? path : `${path}.ts`)))]
}

/** Every file, and what it imports of the others. */
export function importGraph(): Map<string, string[]> {
  const files = sources()
  return new Map(
    files.map((file) => {
      const imported = importsOf(file, readFileSync(join(root, file), 'utf8')).filter((path) => path.endsWith('.ts'))
      const lost = imported.find((path) => !existsSync(join(root, path)))
      if (lost) throw new Error(`${file} imports ${lost}, which is not there`)
      return [file, imported]
    }),
  )
}

/** Groups of files that import each other in a circle: each file of a group reaches every other one. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const groups: string[][] = []
  const number = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  // Tarjan's strongly connected components
  const visit = (file: string): void => {
    number.set(file, number.size)
    lowest.set(file, number.get(file)!)
    stack.push(file)
    for (const next of graph.get(file) ?? []) {
      if (!number.has(next)) visit(next)
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!))
    }
    if (lowest.get(file) !== number.get(file)) return
    const group = stack.splice(stack.indexOf(file))
    if (group.length > 1 || (graph.get(file) ?? []).includes(file)) groups.push(group.sort())
  }
  for (const file of graph.keys()) if (!number.has(file)) visit(file)
  return groups
}
