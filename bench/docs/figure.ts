/** The README's plot: return retained over weights kept, ours beside the paper's, as an SVG that follows the reader's light or dark. */
import { type Reproduced, reproduced } from './tables.ts'

const [WIDTH, HEIGHT] = [820, 300]
const TASKS = ['hopper', 'walker2d', 'halfcheetah', 'ant']
/** the plot of one task, in the units of the picture */
const PANEL = { width: 170, height: 190, left: 50, top: 50, gap: 25 }
/** shares of the paper's weights */
const SHARES = [0.25, 0.5, 1]

const STYLE = `
  svg { background: #ffffff }
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 14px; font-weight: 600 }
  .axis { stroke: #8c959f; stroke-width: 1 }
  .grid { stroke: #d0d7de; stroke-width: 1; stroke-dasharray: 2 3 }
  .ours { stroke: #0969da; fill: none; stroke-width: 2 }
  .dot { fill: #0969da }
  .ours.own { stroke: #8250df; stroke-dasharray: 5 3 }
  .dot.own { fill: #8250df }
  .paper { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text { fill: #e6edf3 }
    .axis { stroke: #6e7681 } .grid { stroke: #30363d }
    .ours { stroke: #58a6ff } .dot { fill: #58a6ff }
    .ours.own { stroke: #bc8cff } .dot.own { fill: #bc8cff } .paper { fill: #f0883e }
  }`

/** The rows of one of a task's teachers, ours or the public one, without the value term, from few weights to many. */
const rowsOf = (task: string, own: boolean): Reproduced[] =>
  reproduced
    .filter((row) => row.task === task && row.variant === 'no-q' && (row.teacherAlgorithm === 'TD3') === own)
    .sort((a, b) => a.share - b.share)

function panel(task: string, i: number): string {
  const x0 = PANEL.left + i * (PANEL.width + PANEL.gap)
  // the share of the paper's weights on a log axis from 0.2 to 1.25
  const x = (share: number) => x0 + (PANEL.width * Math.log(share / 0.2)) / Math.log(1.25 / 0.2)
  const y = (retained: number) => PANEL.top + PANEL.height * (1 - Math.max(0, retained) / 1.2)
  const paper = rowsOf(task, false)[0].paper.retained
  const curve = (own: boolean) => {
    const points = rowsOf(task, own).map((row) => ({ x: x(row.share).toFixed(1), y: y(row.retained).toFixed(1) }))
    const kind = own ? ' own' : ''
    return [
      `<polyline class="ours${kind}" points="${points.map((p) => `${p.x},${p.y}`).join(' ')}"/>`,
      ...points.map((p) => `<circle class="dot${kind}" cx="${p.x}" cy="${p.y}" r="4"/>`),
    ]
  }
  const bottom = PANEL.top + PANEL.height
  const percents = [0, 0.5, 1].map(
    (at) =>
      `<line class="grid" x1="${x0}" x2="${x0 + PANEL.width}" y1="${y(at)}" y2="${y(at)}"/>` +
      (i === 0 ? `<text x="${x0 - 6}" y="${y(at) + 4}" text-anchor="end">${100 * at} %</text>` : ''),
  )
  const shares = SHARES.map(
    (share) =>
      `<text x="${x(share).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${share === 1 ? '1' : share === 0.5 ? '½' : '¼'}</text>`,
  )
  return [
    `<text class="title" x="${x0}" y="${PANEL.top - 12}">${task}</text>`,
    ...percents,
    `<line class="axis" x1="${x0}" x2="${x0 + PANEL.width}" y1="${bottom}" y2="${bottom}"/>`,
    ...shares,
    ...curve(true),
    ...curve(false),
    `<rect class="paper" x="${x(1) - 5}" y="${y(paper) - 5}" width="10" height="10"/>`,
  ].join('\n')
}

export function retainedFigure(): string {
  const caption = PANEL.top + PANEL.height + 40
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">
<title id="title">Return retained by the student, over its weights as a share of the paper's, for four tasks</title>
<style>${STYLE}
</style>
<text x="${PANEL.left}" y="18">return of the student / of its teacher, means of 3 seeds</text>
${TASKS.map(panel).join('\n')}
<text x="${PANEL.left}" y="${caption}">weights, as a share of the paper's</text>
<circle class="dot" cx="${WIDTH - 500}" cy="${caption - 4}" r="4"/><text x="${WIDTH - 490}" y="${caption}">ours, public teacher</text>
<circle class="dot own" cx="${WIDTH - 330}" cy="${caption - 4}" r="4"/><text x="${WIDTH - 320}" y="${caption}">ours, own teacher</text>
<rect class="paper" x="${WIDTH - 165}" y="${caption - 9}" width="10" height="10"/><text x="${WIDTH - 150}" y="${caption}">the paper's student</text>
</svg>
`
}
