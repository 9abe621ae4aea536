/** What `bpd compare` found: every student of a task, return against what it costs, and the front. */
import type { Field } from '../../trainer/files/field.ts'
import { el, table } from '../dom.ts'
import { decimal, grouped } from '../words.ts'
import { type Policies, playButton } from './policies.ts'
import { type Point, scatter } from './scatter.ts'

const MOST_ROWS = 500
const measures = ['weights', 'bytes', 'cost'] as const

interface Row {
  number: number
  name: string
  kind: string
  crc: number
  mean: number
  half: number
  weights: number
  bytes: number
  /** absent: its board cannot run it */
  cost?: number
}

export function comparedView(root: Field, policies: Policies): Node[] {
  const items = root.at('rows').items()
  if (items.length > MOST_ROWS) root.at('rows').refuse(`at most ${MOST_ROWS}`)
  const rows = items.map(rowOf)
  const numbers = (measure: string) => new Set(numbersOf(root.at('fronts').at(measure)))
  const counts = root.at('counter').at('counts').text().split(',')[0]
  const titles = { weights: 'weights', bytes: 'bytes', cost: counts }
  const fronts = Object.fromEntries(measures.map((measure) => [measure, numbers(measure)]))
  const place = el('div')
  const show = (measure: (typeof measures)[number]) => {
    const there = rows.filter((row) => row[measure] !== undefined)
    const points = there.map(({ number, name, mean, half, ...costs }): Point => {
      return { name, x: costs[measure]!, y: mean, half, front: fronts[measure].has(number) }
    })
    place.replaceChildren(scatter(points, { x: titles[measure], y: 'return' }, (i) => aboutOf(there[i], policies)))
  }
  const choice = el(
    'select',
    { change: () => show(choice.value as (typeof measures)[number]) },
    ...measures.map((measure) => el('option', { value: measure }, titles[measure])),
  )
  show('weights')
  const cells = rows.map((row) => [
    row.name,
    row.kind,
    grouped(row.weights),
    grouped(row.bytes),
    row.cost === undefined ? '' : grouped(row.cost),
    `${decimal(row.mean)} ± ${decimal(row.half)}`,
    fronts.weights.has(row.number) ? 'front' : '',
    playButton(policies, row),
  ])
  return [
    el('p', {}, `${root.at('task').text()}, ${root.at('episodes').whole(1)} episodes each, bars: 95 % of the mean.`),
    el('label', {}, 'Return against ', choice),
    place,
    table('Policies', ['', 'kind', 'weights', 'bytes', counts, 'return', '', ''], cells),
  ]
}

const numbersOf = (list: Field): number[] => list.items().map((place) => place.whole(0))

function rowOf(row: Field): Row {
  const found = row.at('return')
  return {
    number: row.at('number').whole(0),
    name: row.at('name').text(),
    kind: row.at('network').text(),
    crc: row.at('crc').whole(0, 0xffffffff),
    mean: found.at('mean').number(),
    half: found.map().half === undefined ? 0 : found.at('half').number(0),
    weights: row.at('weights').whole(0),
    bytes: row.at('bytes').whole(0),
    ...(row.map().cost !== undefined && { cost: row.at('cost').whole(0) }),
  }
}

const aboutOf = (row: Row, policies: Policies): Node[] => [
  el(
    'p',
    {},
    el('b', {}, row.name),
    `: ${grouped(row.weights)} weights, ${grouped(row.bytes)} bytes, return ${decimal(row.mean)} ± ${decimal(row.half)}`,
  ),
  playButton(policies, row),
]
