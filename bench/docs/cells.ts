/** How the tables of the documents are written, and where their figures are read. */
import { existsSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

/** A JSON file of the repository. */
export const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'))
export const isThere = (path: string) => existsSync(new URL(path, root))

export const count = (n: number) => Math.round(n).toLocaleString('en')
export const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`
export const returned = ({ mean, std }: { mean: number; std: number }) => `${count(mean)} ± ${count(std)}`
export const ratio = (a: number, b: number) => `${(a / b).toFixed(1)} x`

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
