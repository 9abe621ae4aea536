/** The report of a study: its summary, and every student, return against weights, with the front. */
import type { Field } from '../../trainer/files/field.ts'
import { paretoFront } from '../../trainer/studies/statistics/front.ts'
import { SEEDS_TO_RANK } from '../../trainer/studies/study.ts'
import { el, table } from '../dom.ts'
import { decimal, grouped, percent } from '../words.ts'
import { type Policies, playButton } from './policies.ts'
import { type Point, scatter } from './scatter.ts'

const [MOST_STUDENTS, MOST_SUMMARIES, MOST_ROWS] = [5000, 500, 300]

interface Student {
  teacher: string
  variant: string
  /** as the study says it: a number of weights, a share of the paper's, or its own pick */
  at: string
  seed: number
  weights: number
  bytes: number
  return: number
  teacherReturn: number
  fellRate: number
  failureRate: number
  /** absent: it has no file */
  crc?: number
}

export function studyView(root: Field, policies: Policies): Node[] {
  const write = root.at('score').oneOf(['retained', 'difference']) === 'retained' ? percent : decimal
  const rows = root.at('rows').items()
  const students = rows.flatMap((row) => row.at('seeds').items().map(studentOf))
  if (students.length > MOST_STUDENTS) root.at('rows').refuse(`at most ${MOST_STUDENTS} students`)
  const teachers = [...new Set(students.map(({ teacher }) => teacher))]
  const place = el('div')
  const show = (teacher: string) =>
    place.replaceChildren(
      ...teacherView(
        students.filter((one) => one.teacher === teacher),
        policies,
      ),
    )
  const choice = el(
    'select',
    { change: () => show(choice.value) },
    ...teachers.map((teacher) => el('option', { value: teacher }, teacher)),
  )
  if (teachers.length > 0) show(teachers[0])
  const question = root.map().question === undefined ? '' : `${root.at('question').text()} `
  const missing = root.at('missing').whole(0)
  const counted = `${grouped(students.length)} students, ${root.at('episodes').whole(1)} episodes each${missing > 0 ? `; ${grouped(missing)} are not there yet` : ''}.`
  return [
    el('p', {}, el('b', {}, root.at('study').text()), `: ${question}${counted}`),
    summaryTable(root, write),
    ...(root.map().comparisons === undefined ? [] : [comparisonTable(root), ...teacherTables(root)]),
    el('h3', {}, 'Return against weights'),
    ...(teachers.length > 1 ? [el('label', {}, 'Teacher ', choice)] : []),
    place,
  ]
}

function studentOf(field: Field): Student {
  const has = (key: string) => field.map()[key] !== undefined
  const budget = has('budget') ? field.at('budget').number(0) : undefined
  return {
    teacher: field.at('teacher').text(),
    variant: field.at('variant').text(),
    at: atWords(budget),
    seed: field.at('seed').whole(0),
    weights: field.at('weights').whole(0),
    bytes: field.at('bytes').whole(0),
    return: field.at('return').number(),
    teacherReturn: field.at('teacherReturn').number(),
    fellRate: field.at('fellRate').number(0),
    failureRate: field.at('failureRate').number(0),
    ...(has('crc') && { crc: field.at('crc').whole(0, 0xffffffff) }),
  }
}

const atWords = (budget: number | undefined): string =>
  budget === undefined ? 'own pick' : budget <= 1 ? `${percent(budget)} of the paper's` : grouped(budget)

const nameOf = ({ variant, at, seed }: Student): string => `${variant} at ${at}, seed ${seed}`

/** One teacher's students: the plot, and as many in the table as one may want to read. */
function teacherView(students: readonly Student[], policies: Policies): Node[] {
  const groups = [...new Set(students.map(({ variant }) => variant))]
  const front = new Set(paretoFront(students.map((one) => ({ cost: one.weights, value: one.return }))))
  const points = students.map((one, i): Point => {
    const group = groups.indexOf(one.variant)
    return { name: nameOf(one), x: one.weights, y: one.return, half: 0, front: front.has(i), group }
  })
  const level = students.reduce((sum, one) => sum + one.teacherReturn, 0) / students.length
  const about = (place: number): Node[] => {
    const one = students[place]
    const text = `: ${grouped(one.weights)} weights, ${grouped(one.bytes)} bytes, return ${decimal(one.return)}, the teacher's ${decimal(one.teacherReturn)}`
    return [el('p', {}, el('b', {}, nameOf(one)), text), played(one, policies)]
  }
  const cells = students
    .slice(0, MOST_ROWS)
    .map((one, i) => [
      one.variant,
      one.at,
      one.seed,
      grouped(one.weights),
      grouped(one.bytes),
      decimal(one.return),
      percent(one.fellRate),
      percent(one.failureRate),
      front.has(i) ? 'front' : '',
      played(one, policies),
    ])
  const heads = ['variant', 'weights at', 'seed', 'weights', 'bytes', 'return', 'fell', 'failed', '', '']
  const rest = students.length - cells.length
  return [
    scatter(points, { x: 'weights', y: 'return', level, groups }, about),
    table(`Students of ${students[0].teacher}`, heads, cells),
    ...(rest > 0 ? [el('p', { class: 'hint' }, `${grouped(rest)} more are on the plot.`)] : []),
  ]
}

const played = ({ crc }: Student, policies: Policies): HTMLElement =>
  crc === undefined ? el('span', { class: 'hint' }, 'no file tells which it is') : playButton(policies, { crc })

const within = (estimate: Field, words: (x: number) => string) => {
  const [value, low, high] = ['value', 'low', 'high'].map((key) => words(estimate.at(key).number()))
  return `${value} [${low}, ${high}]`
}

const overall = (root: Field, name: string): readonly Field[] => {
  const all = root.at(name).items()
  return all.length > MOST_SUMMARIES ? root.at(name).refuse(`at most ${MOST_SUMMARIES}`) : all
}

const placeOf = (one: Field): [string, string] => [
  one.at('variant').text(),
  atWords(one.map().budget === undefined ? undefined : one.at('budget').number(0)),
]

const sizeOf = (one: Field) => `${one.at('teachers').items().length} × ${one.at('seeds').whole(0)}`

/** Over the teachers and seeds that all variants have, each with the interval of its mean. */
function summaryTable(root: Field, write: (x: number) => string): HTMLElement {
  const cells = overall(root, 'summaries').map((one) => [
    ...placeOf(one),
    // the interval of one seed says nothing
    one.at('seeds').whole(0) > 1
      ? within(one.at('interquartile'), write)
      : `${write(one.at('interquartile').at('value').number())} (one seed)`,
    write(one.at('worst').number()),
    percent(one.at('fellRate').number(0)),
    percent(one.at('failureRate').number(0)),
    sizeOf(one),
  ])
  const heads = [
    'variant',
    'weights at',
    `IQM of ${root.at('score').text()}`,
    'worst',
    'fell',
    'failed',
    'teachers × seeds',
  ]
  return table('Interquartile means (IQM), 95 % intervals', heads, cells)
}

/** Of shares: percentage points. */
function differenceOf(root: Field) {
  const ofShares = root.at('score').text() === 'retained'
  return { unit: ofShares ? ', points' : '', write: (x: number) => ((ofShares ? 100 : 1) * x).toFixed(1) }
}

/** Each against the baseline, over what the two have. */
function comparisonTable(root: Field): HTMLElement {
  const baseline = root.at('baseline').text()
  const difference = differenceOf(root)
  const cells = overall(root, 'comparisons').map((one) => [
    ...placeOf(one),
    within(one.at('probability'), percent),
    within(one.at('paired'), difference.write),
    sizeOf(one),
  ])
  if (cells.length === 0) {
    const few =
      root.at('seeds').whole(0) < SEEDS_TO_RANK
        ? `Fewer than ${SEEDS_TO_RANK} seeds`
        : `No variant has ${SEEDS_TO_RANK} seeds in common with ${baseline} yet`
    return el('p', { class: 'hint' }, `${few}: nothing is called better than anything.`)
  }
  const head = `IQM of paired differences${difference.unit}`
  const heads = ['variant', 'weights at', `better than ${baseline}`, head, 'teachers × seeds']
  return table(`Against ${baseline}, 95 % intervals`, heads, cells)
}

/** Teacher by teacher: what a mean over them hides. Reports of before this was told have none. */
function teacherTables(root: Field): HTMLElement[] {
  const { write, unit } = differenceOf(root)
  const rows = overall(root, 'comparisons').flatMap((one) =>
    one.map().byTeacher === undefined ? [] : [{ one, teachers: one.at('byTeacher').items() }],
  )
  const names = [...new Set(rows.flatMap(({ teachers }) => teachers.map((own) => own.at('teacher').text())))]
  if (names.length < 2 || names.length > MOST_SUMMARIES) return []
  const cells = rows.map(({ one, teachers }) => [
    ...placeOf(one),
    ...names.map((name) => {
      const own = teachers.find((each) => each.at('teacher').text() === name)
      if (!own) return ''
      const [ahead, seeds] = [own.at('ahead').whole(0), own.at('seeds').whole(0)]
      return `${write(own.at('paired').at('value').number())} (${ahead} of ${seeds})`
    }),
  ])
  const title = `Against ${root.at('baseline').text()}, mean with each teacher${unit} (seeds ahead)`
  return [table(title, ['variant', 'weights at', ...names], cells)]
}
