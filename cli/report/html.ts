/** A report as one self-contained HTML page: no script, no network, light and dark. */
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import { describeCut } from '../../trainer/distill/points.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import { latencyChart, lossChart, sweepChart, trainingChart } from './charts.ts'
import { escaped, page, plot, row, text } from './page.ts'
import type { Report } from './report.ts'
import { duration, frequency, grouped, percent } from './words.ts'

const score = ({ mean, std, episodes }: ReturnStatistics) =>
  `${mean.toFixed(1)} ± ${std.toFixed(1)} (${episodes} episodes)`
const spread = ({ median, min, max, count }: Spread) =>
  `${grouped(median)} [${grouped(min)}–${grouped(max)}], ${count} inferences`

const card = (figure: string, caption: string) =>
  `<div class="card"><b>${text(figure)}</b><span>${text(caption)}</span></div>`

export function reportHtml(report: Report): string {
  const { task, seed, teacher, student, board, distillation, seconds, versions, machine } = report
  const { control } = board
  const loss = student.return.mean - teacher.return.mean
  const same = board.bitExact ? `${grouped(board.comparedActions)} of ${grouped(board.comparedActions)}` : 'not all'
  return page(
    `bpd: ${task}, seed ${seed}`,
    `<h1>${text(task)}: dense teacher, sparse student</h1>
<p>Bayesian Policy Distillation, seed ${text(seed)}, ${text(duration(seconds.total))} in all, measured on ${text(board.name)}.</p>
<div class="cards">
${card(`${board.speedup.toFixed(0)}×`, 'fewer cycles on the board')}
${card(percent(student.keptOfTeacher), `of the teacher kept: ${grouped(student.weights)} weights`)}
${card(`${loss < 0 ? '' : '+'}${loss.toFixed(1)}`, 'return, student minus teacher')}
${card(same, 'actions on the board equal to the host’s, bit for bit')}
</div>
<div class="table"><table>
<tr><th></th><th>dense teacher</th><th>sparse student</th></tr>
${row(['weights, biases not counted', grouped(teacher.weights), `${grouped(student.weights)} (${percent(student.keptOfTeacher)} of the teacher, ${percent(student.keptOfStudent)} of the student before pruning)`])}
${row(['bytes', `${grouped(teacher.bytes)} as plain f32`, `${grouped(student.bytes)}: indices, contract and golden vectors included`])}
${row(['live units per layer', '', student.liveUnits.join(', ')])}
${row(['return', score(teacher.return), score(student.return)])}
${row(['cycles of an inference', spread(board.teacherCycles), spread(board.studentCycles)])}
${row([`time at ${frequency(board.clockHz)}`, duration(board.teacherCycles.median / board.clockHz), duration(board.studentCycles.median / board.clockHz)])}
${row(['return through the board', '', `${control.return.mean.toFixed(1)} over ${control.episodes} episodes, ${grouped(control.steps)} steps`])}
${row(['memory of the board', '', `${grouped(board.ramBytes)} B static RAM, ${grouped(board.stackBytes)} B stack, ${grouped(board.flashBytes)} B firmware`])}
</table></div>
${plot('Latency on the board', latencyChart(board.teacherCycles, board.studentCycles), `${board.counter}; medians, log scale`)}
${plot('Return against weights', sweepChart(report), `each cut pruned, then tuned with the mask frozen; picking episodes. Picked: ${describeCut(student)}`)}
${plot('Training', trainingChart(report), `student pruned at log alpha ${distillation.options.threshold}, mean of ${distillation.options.progressEpisodes} episodes`)}
${plot('Loss terms', lossChart(report), 'means over the batch, before their weights')}
<details><summary>recipe, image and versions</summary>
<pre>${escaped(JSON.stringify({ recipe: distillation.options, image: board.image, versions, machine, seconds }, null, 2))}</pre></details>`,
  )
}
