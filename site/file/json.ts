/** JSON that bpd writes: the report of a demo, and what `bpd compare` found. Anything else is refused by name and field. */
import type { Field } from '../../trainer/files/field.ts'
import { el, table } from '../dom.ts'
import { decimal, duration, grouped, hex, percent } from '../words.ts'
import { type JsonKind, readJson } from './read-json.ts'
import { type Point, scatter } from './scatter.ts'

const MOST_ROWS = 500

/** The policies that are open in the page. */
export interface Policies {
  /** crc: of the file */
  has(crc: number): boolean
  play(crc: number): void
}

const views: Record<JsonKind, (root: Field, policies: Policies) => Node[]> = {
  compared: comparedView,
  report: reportView,
}

/** Throws InputError for JSON of no kind that is known here. */
export function jsonView(bytes: Uint8Array, name: string, policies: Policies): HTMLElement {
  const { kind, root } = readJson(bytes, name)
  return el('article', {}, el('h3', {}, name), ...views[kind](root, policies))
}

/** Every student of a task: return against weights, and the front. */
function comparedView(root: Field, policies: Policies): Node[] {
  const rows = root.at('rows').items()
  if (rows.length > MOST_ROWS) root.at('rows').refuse(`at most ${MOST_ROWS}`)
  const front = new Set(
    root
      .at('fronts')
      .at('weights')
      .items()
      .map((place) => place.whole(0)),
  )
  const points = rows.map((row): Point & { crc: number; bytes: number; kind: string; number: number } => {
    const number = row.at('number').whole(0)
    return {
      number,
      name: row.at('name').text(),
      x: row.at('weights').whole(0),
      y: row.at('return').at('mean').number(),
      half: row.at('return').at('half').number(0),
      front: front.has(number),
      crc: row.at('crc').whole(0, 0xffffffff),
      bytes: row.at('bytes').whole(0),
      kind: row.at('network').text(),
    }
  })
  const choose = (place: number) => policies.play(points[place].crc)
  const cells = points.map((point, i) => [
    point.name,
    point.kind,
    grouped(point.x),
    grouped(point.bytes),
    `${decimal(point.y)} ± ${decimal(point.half)}`,
    point.front ? 'front' : '',
    playButton(policies, point.crc, () => choose(i)),
  ])
  return [
    el(
      'p',
      {},
      `${root.at('task').text()}, ${root.at('episodes').whole(1)} episodes each. A point that is open here plays when it is chosen.`,
    ),
    scatter(points, { x: 'weights', y: 'return' }, choose),
    table('Policies', ['', 'kind', 'weights', 'bytes', 'return', '', ''], cells),
  ]
}

const playButton = (policies: Policies, crc: number, click: () => void): HTMLElement =>
  policies.has(crc)
    ? el('button', { click }, 'Play it')
    : el('span', { class: 'hint' }, `drop its file, CRC-32 ${hex(crc)}, to play it`)

/** The run of a demo: what went in, what came out, and the sweep. */
function reportView(root: Field, policies: Policies): Node[] {
  const [teacher, student, board] = ['teacher', 'student', 'board'].map((key) => root.at(key))
  const both = (read: (side: Field) => string) => [read(teacher), read(student)]
  const cycles = (key: string) => board.at(key).at('median').number(0)
  const clock = board.at('clockHz').number(1)
  const time = (key: string) => `${grouped(cycles(key))}, ${duration(cycles(key) / clock)}`
  const rows = [
    ['file', ...both((side) => side.at('file').text())],
    ['weights', ...both((side) => grouped(side.at('weights').whole(0)))],
    ['bytes', ...both((side) => grouped(side.at('bytes').whole(0)))],
    [
      'return',
      ...both(
        (side) =>
          `${decimal(side.at('return').at('mean').number())} ± ${decimal(side.at('return').at('std').number(0))}`,
      ),
    ],
    ['kept of the teacher', '', percent(student.at('keptOfTeacher').number(0))],
    ['cycles of an inference', time('teacherCycles'), time('studentCycles')],
  ]
  const picked = student.at('weights').whole(0)
  const sweep = root.at('distillation').at('sweep').items().slice(0, MOST_ROWS)
  const points = sweep.map((point, i): Point => {
    const tuned = point.map().tunedReturn === undefined ? point.at('tunedError') : point.at('tunedReturn')
    const weights = point.at('weights').whole(0)
    return {
      number: i + 1,
      name: `${grouped(weights)} weights`,
      x: weights,
      y: tuned.number(),
      half: 0,
      front: weights === picked,
    }
  })
  const crc = student.at('crc').whole(0, 0xffffffff)
  return [
    el(
      'p',
      {},
      `${root.at('task').text()}, seed ${root.at('seed').whole(0)}, ${root.at('date').text()}. Measured on ${board.at('name').text()}.`,
    ),
    el(
      'div',
      { class: 'buttons' },
      playButton(policies, crc, () => policies.play(crc)),
    ),
    table('Teacher and student', ['', 'teacher', 'student'], rows),
    el('h3', {}, 'Return against weights, as the sweep found it'),
    scatter(points, { x: 'weights', y: 'return' }),
  ]
}
