/** A run of `bpd demo` as a page. */
import type { Spread } from '../../firmware-bridge/host/measure.ts'
import { describeCut } from '../../trainer/distill/points.ts'
import type { ReturnStatistics } from '../../trainer/tasks/evaluate.ts'
import { latencyChart, lossChart, sweepChart, trainingChart } from './charts.ts'
import { escaped, figure, page, policyFact, table, text } from './page.ts'
import type { Report } from './report.ts'
import { duration, frequency, grouped, percent, signed } from './words.ts'

const score = ({ mean, std, episodes }: ReturnStatistics) =>
  `${mean.toFixed(1)} ± ${std.toFixed(1)} (${episodes} episodes)`
const spread = ({ median, min, max, count }: Spread) =>
  `${grouped(median)} [${grouped(min)}–${grouped(max)}], ${count} inferences`

const card = (value: string, caption: string) =>
  `<div class="card"><b>${text(value)}</b><span>${text(caption)}</span></div>`

export function reportHtml(report: Report): string {
  const { task, seed, date, teacher, student, difference, board, distillation, seconds, versions, machine } = report
  const { control } = board
  const { curve, sweep, teacherPickReturn } = distillation
  const same = board.bitExact ? `${grouped(board.comparedActions)} of ${grouped(board.comparedActions)}` : 'not all'
  const facts = {
    task: `${task}, seed ${seed}`,
    policy: policyFact(student.file, student),
    teacher: board.teacherStandIn ? `${teacher.file}; on the board ${board.teacherStandIn}` : teacher.file,
    board: `${board.name}; a cycle is one of the ${board.counter}`,
    date,
    took: duration(seconds.total),
  }
  const time = ({ median }: Spread) => duration(median / board.clockHz)
  const rows = [
    [
      'weights, biases not counted',
      grouped(teacher.weights),
      `${grouped(student.weights)} (${percent(student.keptOfTeacher)} of the teacher, ${percent(student.keptOfStudent)} of the student before pruning)`,
    ],
    [
      'bytes',
      `${grouped(teacher.bytes)} as plain f32`,
      `${grouped(student.bytes)}: indices, contract and golden vectors included`,
    ],
    ['live units per layer', '', student.liveUnits.join(', ')],
    ['return, mean ± deviation of an episode', score(teacher.return), score(student.return)],
    ['student minus teacher, ± half of the 95 % interval', '', signed(difference)],
    ['cycles of an inference', spread(board.teacherCycles), spread(board.studentCycles)],
    [`time at ${frequency(board.clockHz)}`, time(board.teacherCycles), time(board.studentCycles)],
    [
      'return through the board',
      '',
      `${control.return.mean.toFixed(1)} over ${control.episodes} episodes, ${grouped(control.steps)} steps`,
    ],
    [
      'memory of the board',
      '',
      `${grouped(board.ramBytes)} B static RAM, ${grouped(board.stackBytes)} B stack, ${grouped(board.flashBytes)} B firmware`,
    ],
  ]
  const recipe = { recipe: distillation.options, image: board.image, versions, machine, seconds }
  return page(
    `${task}: dense teacher, sparse student`,
    facts,
    `<div class="cards">
${card(`${board.speedup.toFixed(0)}×`, 'fewer cycles on the board')}
${card(percent(student.keptOfTeacher), `of the teacher kept: ${grouped(student.weights)} weights`)}
${card(signed(difference), `return, student minus teacher; 95 % interval over ${difference.seeds} episodes`)}
${card(same, 'actions on the board equal to the host’s, bit for bit')}
</div>
${table(['', 'dense teacher', 'sparse student'], rows)}
${figure('Latency on the board', latencyChart(board.teacherCycles, board.studentCycles), `${board.counter}; medians${board.teacherStandIn ? `; teacher: ${board.teacherStandIn}` : ''}`)}
${figure('Return against weights', sweepChart({ sweep, picked: student, mark: { at: teacherPickReturn, label: 'teacher' } }), `each cut pruned, then tuned with the mask frozen; picking episodes. Picked: ${describeCut(student)}`)}
${figure('Training', trainingChart(curve), `student pruned at log alpha ${distillation.options.threshold}, mean of ${distillation.options.progressEpisodes} episodes`)}
${figure('Loss terms', lossChart(curve), 'means over the batch, before their weights')}
<details><summary>recipe, image and versions</summary>
<pre>${escaped(JSON.stringify(recipe, null, 2))}</pre></details>`,
  )
}
