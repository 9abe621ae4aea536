/** One self-contained HTML page: no script, no network, light and dark, as wide as a phone or a screen. */
import { type Signature, signedBy } from '../keys.ts'
import type { Plot } from './draw.ts'
import { grouped, hex, printable } from './words.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Text for HTML. */
export const escaped = (value: string): string => value.replace(/[&<>"']/g, (c) => entities[c])
/** Text from anywhere, also without what moves a cursor. */
export const text = (value: string | number): string => escaped(printable(String(value)))

const style = `
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5c6773; --paper: #fbfbf9; --card: #fff; --line: #dfe3e6; --accent: #1f7f73; --warn: #a33c14 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecef; --soft: #9aa5b0; --paper: #14181c; --card: #1c2227; --line: #323a41; --accent: #5fd0c0; --warn: #f0a080 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 860px; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.25 } h2 { margin: 0 0 .3rem; font-size: 1.05rem } p { color: var(--soft); margin: .3rem 0 1.2rem }
p.warning { color: var(--warn); border-left: 3px solid; padding-left: .8rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 1.2rem 0; font-size: .9rem } dt { color: var(--soft) } dd { margin: 0 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; margin: 1.2rem 0 }
.card, figure, .table { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem }
.card b { display: block; font-size: 1.6rem; line-height: 1.3; color: var(--accent); overflow-wrap: normal } .card span { color: var(--soft); font-size: .85rem }
figure { margin: 1rem 0 } svg { display: block; width: 100%; height: auto } figcaption { color: var(--soft); font-size: .85rem; margin-top: .4rem }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .4rem 0; padding: 0; font-size: .85rem; color: var(--soft) }
.legend i { display: inline-block; width: 1.4em; margin-right: .5em; vertical-align: middle; border-top: 3px solid } .legend i.dashed { border-top-style: dashed } .legend i.dotted { border-top-style: dotted }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; overflow-wrap: break-word }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal } thead th { color: var(--soft) }
tbody tr:last-child > * { border-bottom: 0 }
.table { overflow-x: auto } .broad { margin-inline: min(0px, (100% - min(1140px, 100vw - 3rem)) / 2) } .broad table { font-size: .85rem } .broad tbody th { overflow-wrap: anywhere; min-width: 11em }
details { margin-top: 1.2rem } summary { cursor: pointer; color: var(--soft) } pre { white-space: pre-wrap; font-size: .8rem }
.narrow { display: none }
@media (max-width: 600px) {
  .wide { display: none } .narrow { display: block } figure, .table, .card { padding: .7rem } h1 { font-size: 1.35rem }
  thead { display: none } tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) } tr:last-child { border-bottom: 0 }
  th, td { display: block; border: 0; padding: 0 } tbody th { font-weight: 600 }
  td[data-of] { display: grid; grid-template-columns: 8.5em 1fr; gap: .6rem } td[data-of]::before { content: attr(data-of); color: var(--soft) }
}
`

/** What every page names, a line each; more lines may follow. date: of the measurement, as ISO 8601 */
export type Facts = Record<'task' | 'policy' | 'board' | 'date', string> & Record<string, string>

/** body: HTML, already escaped */
export const page = (title: string, { date, ...facts }: Facts, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(`bpd: ${title}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${text(title)}</h1>
<dl>
${Object.entries({ ...facts, date: `${date.slice(0, 10)} ${date.slice(11, 16)} UTC` })
  .map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`)
  .join('\n')}
</dl>
${body}
</body>
</html>
`

/** A policy as every page names it: its file, size, the CRC-32 by which the board knows it, and whether it is signed. */
export const policyFact = (
  file: string,
  facts: { weights?: number; bytes: number; crc: number; signature: Signature },
): string =>
  [
    file,
    ...(facts.weights === undefined ? [] : [`${grouped(facts.weights)} weights`]),
    `${grouped(facts.bytes)} bytes`,
    `CRC-32 ${hex(facts.crc)}`,
    facts.signature ? `signed ${signedBy(facts.signature)}` : 'not signed',
  ].join(', ')

/** The first cell of a row names it; a column without any figure is left out. On a phone a row becomes a block, its cells named by their columns. */
export function table(head: string[], rows: string[][]): string {
  const filled = head.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''))
  const count = filled.filter(Boolean).length
  const named = count > 2
  const cell = (value: string, column: number) => {
    if (column === 0) return `<th scope="row">${text(value)}</th>`
    return `<td${named && value ? ` data-of="${text(head[column])}"` : ''}>${text(value)}</td>`
  }
  const cells = (row: string[], write: typeof cell) => row.map((x, i) => (filled[i] ? write(x, i) : '')).join('')
  const columns = cells(head, (name) => `<th scope="col">${text(name)}</th>`)
  const label = text(`Table: ${head.filter((name, column) => filled[column] && name !== '').join(', ')}`)
  // wider than the text, where the screen has room; else keys scroll it, once it has the focus
  return `<div class="table${count > 8 ? ' broad' : ''}" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${columns}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row, cell)}</tr>`).join('\n')}
</tbody>
</table></div>`
}

/** Drawn twice: for a screen and for a phone, where the page's style shows the one that fits. */
export function figure(title: string, { wide, narrow, legend }: Plot, caption: string): string {
  const keys = legend.map(
    ({ name, colour, line }) => `<li><i class="${line}" style="border-color: ${colour}"></i>${text(name)}</li>`,
  )
  const list = keys.length > 0 ? `<ul class="legend">${keys.join('')}</ul>` : ''
  const label = text([title, legend.map(({ name }) => name).join(', ')].filter(Boolean).join(': '))
  const drawn = (width: string, svg: string) => `<div class="${width}" role="img" aria-label="${label}">${svg}</div>`
  return `<figure><h2>${text(title)}</h2>${list}${drawn('wide', wide)}${drawn('narrow', narrow)}
<figcaption>${text(caption)}</figcaption></figure>`
}

export const warning = (words: string): string => `<p class="warning">${text(words)}</p>`
