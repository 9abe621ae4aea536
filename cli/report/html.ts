/** A report as one self-contained HTML page: no script, no network, light and dark. */
import type { Spread } from '../../firmware-bridge/measure.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import { latencyChart, lossChart, sweepChart, trainingChart } from './charts.ts'
import type { Report } from './report.ts'
import { duration, frequency, grouped, percent, printable } from './words.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (value: string): string => value.replace(/[&<>"']/g, (c) => entities[c])
const text = (value: string | number): string => escaped(printable(String(value)))

const score = ({ mean, std, episodes }: ReturnStatistics) =>
  `${mean.toFixed(1)} ± ${std.toFixed(1)} (${episodes} episodes)`
const spread = ({ median, min, max, count }: Spread) =>
  `${grouped(median)} [${grouped(min)}–${grouped(max)}], ${count} inferences`

const row = (cells: (string | number)[]) => `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`
const card = (figure: string, caption: string) =>
  `<div class="card"><b>${text(figure)}</b><span>${text(caption)}</span></div>`
const plot = (title: string, svg: string, caption: string) =>
  `<figure><h2>${text(title)}</h2>${svg}<figcaption>${text(caption)}</figcaption></figure>`

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

export function reportHtml(report: Report): string {
  const { task, seed, teacher, student, board, distillation, seconds, versions, machine } = report
  const { control } = board
  const loss = student.return.mean - teacher.return.mean
  const same = board.bitExact ? `${grouped(board.comparedActions)} of ${grouped(board.comparedActions)}` : 'not all'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bpd: ${text(task)}, seed ${text(seed)}</title>
<style>${style}</style>
</head>
<body>
<h1>${text(task)}: dense teacher, sparse student</h1>
<p>Bayesian Policy Distillation, seed ${text(seed)}, ${text(duration(seconds.total))} in all, measured on ${text(board.name)}.</p>
<div class="cards">
${card(`${board.speedup.toFixed(0)}×`, 'fewer cycles on the board')}
${card(percent(student.keptOfTeacher), `of the teacher kept: ${grouped(student.weights)} weights`)}
${card(`${loss < 0 ? '' : '+'}${loss.toFixed(1)}`, 'return, student minus teacher')}
${card(same, 'actions on the board equal to the host’s, bit for bit')}
</div>
<div class="table"><table>
<tr><th></th><th>dense teacher</th><th>sparse student</th></tr>
${row(['weights', `${grouped(teacher.parameters)} parameters`, `${grouped(student.weights)} (${percent(student.keptOfTeacher)} of the teacher, ${percent(student.keptOfStudent)} of the student before pruning)`])}
${row(['bytes', `${grouped(teacher.bytes)} as plain f32`, `${grouped(student.bytes)}: indices, contract and golden vectors included`])}
${row(['live units per layer', '', student.liveUnits.join(', ')])}
${row(['return', score(teacher.return), score(student.return)])}
${row(['cycles of an inference', spread(board.teacherCycles), spread(board.studentCycles)])}
${row([`time at ${frequency(board.clockHz)}`, duration(board.teacherCycles.median / board.clockHz), duration(board.studentCycles.median / board.clockHz)])}
${row(['return through the board', '', `${control.return.mean.toFixed(1)} over ${control.episodes} episodes, ${grouped(control.steps)} steps`])}
${row(['memory of the board', '', `${grouped(board.ramBytes)} B static RAM, ${grouped(board.stackBytes)} B stack, ${grouped(board.flashBytes)} B firmware`])}
</table></div>
${plot('Latency on the board', latencyChart(report), `${board.counter}; medians, log scale`)}
${plot('Return against weights', sweepChart(report), `each threshold of log alpha pruned, then tuned with the mask frozen; picking episodes. Picked: threshold ${student.threshold}`)}
${plot('Training', trainingChart(report), `student pruned at log alpha ${distillation.options.threshold}, mean of ${distillation.options.progressEpisodes} episodes`)}
${plot('Loss terms', lossChart(report), 'means over the batch, before their weights')}
<details><summary>recipe, image and versions</summary>
<pre>${escaped(JSON.stringify({ recipe: distillation.options, image: board.image, versions, machine, seconds }, null, 2))}</pre></details>
</body>
</html>
`
}
