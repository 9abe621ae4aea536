/** One self-contained HTML page: no script, no network, light and dark. */
import { printable } from './words.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Text for HTML. */
export const escaped = (value: string): string => value.replace(/[&<>"']/g, (c) => entities[c])
/** Text from anywhere, also without what moves a cursor. */
export const text = (value: string | number): string => escaped(printable(String(value)))

const style = `
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5c6773; --paper: #fbfbf9; --card: #fff; --line: #dfe3e6; --accent: #1f7f73 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecef; --soft: #9aa5b0; --paper: #14181c; --card: #1c2227; --line: #323a41; --accent: #5fd0c0 } }
body { margin: 0 auto; max-width: 860px; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.7rem } h2 { margin: 0 0 .3rem; font-size: 1.05rem } p { color: var(--soft); margin: .3rem 0 1.2rem }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: .8rem; margin: 1.2rem 0 }
.card, figure, .table { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem }
.card b { display: block; font-size: 1.6rem; color: var(--accent) } .card span { color: var(--soft); font-size: .85rem }
figure { margin: 1rem 0; overflow-x: auto } figure svg { width: 100%; min-width: 30rem; height: auto } figcaption { color: var(--soft); font-size: .85rem }
.table { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top } tr:last-child td { border-bottom: 0 }
details { margin-top: 1.2rem } summary { cursor: pointer; color: var(--soft) } pre { overflow-x: auto; font-size: .8rem }
`

/** body: HTML, already escaped */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`

export const row = (cells: (string | number)[]): string =>
  `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`

export const plot = (title: string, svg: string, caption: string): string =>
  `<figure><h2>${text(title)}</h2>${svg}<figcaption>${text(caption)}</figcaption></figure>`
