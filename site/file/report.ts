/** The run of a demo: what went in, what came out, and the sweep. */
import type { Field } from '../../trainer/files/field.ts'
import { el, table } from '../dom.ts'
import { decimal, duration, grouped, percent } from '../words.ts'
import { type Policies, playButton } from './policies.ts'
import { type Point, scatter } from './scatter.ts'

const MOST_POINTS = 500

export function reportView(root: Field, policies: Policies): Node[] {
  const [teacher, student, board] = ['teacher', 'student', 'board'].map((key) => root.at(key))
  const both = (read: (side: Field) => string) => [read(teacher), read(student)]
  const cycles = (key: string) => board.at(key).at('median').number(0)
  const clock = board.at('clockHz').number(1)
  const time = (key: string) => `${grouped(cycles(key))}, ${duration(cycles(key) / clock)}`
  const spread = (side: Field) =>
    `${decimal(side.at('return').at('mean').number())} ± ${decimal(side.at('return').at('std').number(0))}`
  const rows = [
    ['file', ...both((side) => side.at('file').text())],
    ['weights', ...both((side) => grouped(side.at('weights').whole(0)))],
    ['bytes', ...both((side) => grouped(side.at('bytes').whole(0)))],
    ['return', ...both(spread)],
    ['weights kept of the teacher', '', percent(student.at('keptOfTeacher').number(0))],
    ['cycles of an inference', time('teacherCycles'), time('studentCycles')],
  ]
  const task = root.at('task').text()
  const facts = `${task}, seed ${root.at('seed').whole(0)}, ${root.at('date').text()}. Measured on ${board.at('name').text()}.`
  const crc = student.at('crc').whole(0, 0xffffffff)
  return [
    el('p', {}, facts),
    el('div', { class: 'buttons' }, playButton(policies, { crc })),
    table('Teacher and student', ['', 'teacher', 'student'], rows),
    ...sweepView(root.at('distillation').at('sweep'), { task, picked: student.at('weights').whole(0) }, policies),
  ]
}

/** Every cut, the one that was picked as the front. */
function sweepView(sweep: Field, { task, picked }: { task: string; picked: number }, policies: Policies): Node[] {
  const cuts = sweep
    .items()
    .slice(0, MOST_POINTS)
    .map((cut) => {
      const tuned = cut.map().tunedReturn === undefined ? cut.at('tunedError') : cut.at('tunedReturn')
      return { weights: cut.at('weights').whole(0), bytes: cut.at('bytes').whole(0), tuned: tuned.number() }
    })
  const points = cuts.map(({ weights, tuned }): Point => {
    return { name: `${grouped(weights)} weights`, x: weights, y: tuned, half: 0, front: weights === picked }
  })
  const about = (place: number): Node[] => {
    const { weights, bytes, tuned } = cuts[place]
    const text = `${grouped(weights)} weights, ${grouped(bytes)} bytes, return ${decimal(tuned)} where it was picked`
    return [el('p', {}, text), playButton(policies, { task, weights, bytes })]
  }
  const cells = cuts.map(({ weights, bytes, tuned }) => [
    grouped(weights),
    grouped(bytes),
    decimal(tuned),
    playButton(policies, { task, weights, bytes }),
  ])
  return [
    el('h3', {}, 'Return against weights, as the sweep found it'),
    scatter(points, { x: 'weights', y: 'return' }, about),
    table('The sweep', ['weights', 'bytes', 'return', ''], cells),
  ]
}
