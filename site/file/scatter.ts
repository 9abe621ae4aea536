/** Points on a plane: a logarithmic axis across, one up, whiskers, and a line through those of the front. */
import { el, say } from '../dom.ts'
import { type Colours, colours, surfaceOf, THEME } from '../draw/canvas.ts'
import { decimal, grouped } from '../words.ts'

export interface Point {
  name: string
  /** 0 or more */
  x: number
  y: number
  /** of the whisker, to each side; 0: none */
  half: number
  /** none of the others has more for less */
  front: boolean
  /** place in `Axes.groups`; absent: in the colour of students, or soft where it is not on the front */
  group?: number
}

export interface Axes {
  x: string
  y: string
  /** a dashed line across: the teacher's */
  level?: number
  /** names in the order of the colours and marks; the key below says them */
  groups?: readonly string[]
}

/** Colours that those who see few tell apart (Okabe and Ito), and marks for those who see none. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d1f', '#7d8590']
const MARKS = '●■▲◆'
const colourOf = (group: number) => COLOURS[group % COLOURS.length]
const markOf = (group: number) => MARKS[(group + Math.floor(group / COLOURS.length)) % MARKS.length]

const [LEFT, BOTTOM, TOP, RIGHT] = [64, 36, 10, 14]
/** CSS pixels from a point at which it is meant */
const NEAR = 24

interface Frame {
  x(value: number): number
  y(value: number): number
  width: number
  height: number
}

/** about: what is shown of a point that was chosen, by a click or the arrow keys */
export function scatter(points: readonly Point[], axes: Axes, about: (place: number) => Node[]): HTMLElement {
  const label = `${axes.y} against ${axes.x}: ${points.length} points. Arrow keys go from point to point; the table has the figures.`
  const canvas = el('canvas', { role: 'img', tabindex: 0, 'aria-label': label })
  const told = el('p', { class: 'hint' }, 'A click or the arrow keys choose a point.')
  const chosen = el('div', { class: 'chosen', role: 'status' })
  /** places from left to right, which is where the arrow keys go */
  const order = points.map((_, place) => place).sort((a, b) => points[a].x - points[b].x || points[a].y - points[b].y)
  let frame: Frame | undefined
  let at = -1
  const paint = () => {
    frame = draw(canvas, points, axes, at)
  }
  const choose = (place: number) => {
    at = place
    paint()
    chosen.replaceChildren(...about(place))
  }
  const nearest = ({ offsetX, offsetY }: MouseEvent): number => {
    if (!frame) return -1
    const { x, y } = frame
    const away = points.map((point) => Math.hypot(x(point.x) - offsetX, y(point.y) - offsetY))
    const place = away.indexOf(Math.min(...away))
    return away[place] < NEAR ? place : -1
  }
  canvas.addEventListener('pointermove', (event) => {
    const point = points[nearest(event)]
    if (point) say(told, `${point.name}: ${grouped(point.x)} ${axes.x}, ${axes.y} ${decimal(point.y)}`)
  })
  canvas.addEventListener('click', (event) => {
    const place = nearest(event)
    if (place >= 0) choose(place)
  })
  canvas.addEventListener('keydown', (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key]
    if (way === undefined || points.length === 0) return
    event.preventDefault()
    const now = order.indexOf(at)
    choose(order[now < 0 ? 0 : Math.max(0, Math.min(order.length - 1, now + way))])
  })
  new ResizeObserver(paint).observe(canvas)
  canvas.addEventListener(THEME, paint)
  return el('div', { class: 'plot' }, canvas, ...keyOf(axes), told, chosen)
}

function keyOf({ groups, level }: Axes): HTMLElement[] {
  const names = (groups ?? []).map((name, group) => {
    const mark = el('span', { 'aria-hidden': 'true' }, markOf(group))
    mark.style.color = colourOf(group)
    return el('li', {}, mark, ` ${name}`)
  })
  if (level !== undefined) names.push(el('li', {}, '- - the teacher'))
  return names.length > 0 ? [el('ul', { class: 'groups' }, ...names)] : []
}

function draw(canvas: HTMLCanvasElement, points: readonly Point[], axes: Axes, chosen: number): Frame {
  const theme = colours()
  const { context: c, width, height } = surfaceOf(canvas)
  const logs = points.map(({ x }) => Math.log10(Math.max(1, x)))
  const [left, right] = [Math.floor(Math.min(0.99, ...logs) * 2) / 2, Math.max(1, ...logs) + 0.15]
  const level = axes.level === undefined ? [] : [axes.level]
  const lows = [...points.map(({ y, half }) => y - half), ...level]
  const highs = [...points.map(({ y, half }) => y + half), ...level]
  const [low, high] = [Math.min(...lows), Math.max(...highs)]
  const room = 0.08 * (high - low) || 1
  const frame: Frame = {
    width,
    height,
    x: (value) => LEFT + ((Math.log10(Math.max(1, value)) - left) / (right - left)) * (width - LEFT - RIGHT),
    y: (value) => TOP + ((high + room - value) / (high - low + 2 * room)) * (height - TOP - BOTTOM),
  }
  if (points.length === 0) return frame
  scales(c, frame, { left, right, low: low - room, high: high + room }, axes, theme)
  for (const y of level) levelLine(c, frame, y, theme)
  frontLine(c, frame, points, theme)
  for (const point of points) mark(c, frame, point, theme)
  if (points[chosen]) ring(c, frame, points[chosen], theme)
  return frame
}

interface Range {
  left: number
  right: number
  low: number
  high: number
}

function scales(c: CanvasRenderingContext2D, frame: Frame, range: Range, names: Axes, theme: Colours): void {
  const { width, height, x, y } = frame
  c.font = '12px system-ui, sans-serif'
  c.fillStyle = theme.soft
  c.strokeStyle = theme.line
  c.lineWidth = 1
  c.textAlign = 'center'
  for (let power = Math.ceil(range.left); power <= range.right; power++) {
    const at = Math.round(x(10 ** power)) + 0.5
    rule(c, at, TOP, at, height - BOTTOM)
    c.fillText(grouped(10 ** power), at, height - BOTTOM + 16)
  }
  c.fillText(names.x, (LEFT + width) / 2, height - 4)
  c.textAlign = 'right'
  for (const value of ticks(range.low, range.high)) {
    const at = Math.round(y(value)) + 0.5
    rule(c, LEFT, at, width - RIGHT, at)
    c.fillText(decimal(value), LEFT - 8, at + 4)
  }
}

function rule(c: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  c.beginPath()
  c.moveTo(x, y)
  c.lineTo(toX, toY)
  c.stroke()
}

/** Three to seven round numbers. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const unit = power * ([1, 2, 5, 10].find((step) => step * power >= rough) ?? 10)
  const first = Math.ceil(low / unit)
  return Array.from({ length: Math.max(0, Math.floor(high / unit) - first + 1) }, (_, i) => (first + i) * unit)
}

function frontLine(c: CanvasRenderingContext2D, { x, y }: Frame, points: readonly Point[], { student }: Colours): void {
  const front = points.filter((point) => point.front).sort((a, b) => a.x - b.x)
  c.strokeStyle = student
  c.lineWidth = 1.5
  c.beginPath()
  for (const point of front) c.lineTo(x(point.x), y(point.y))
  c.stroke()
}

function mark(c: CanvasRenderingContext2D, { x, y }: Frame, point: Point, { student, soft }: Colours): void {
  const [across, up] = [x(point.x), y(point.y)]
  const { group, front, half } = point
  c.strokeStyle = c.fillStyle = group === undefined ? (front ? student : soft) : colourOf(group)
  c.lineWidth = 1.5
  if (half > 0) rule(c, across, y(point.y - half), across, y(point.y + half))
  c.font = `${front ? 18 : 14}px sans-serif`
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  c.fillText(markOf(group ?? 0), across, up)
  c.textBaseline = 'alphabetic'
}

function levelLine(c: CanvasRenderingContext2D, { y, width }: Frame, value: number, { teacher }: Colours): void {
  c.strokeStyle = teacher
  c.lineWidth = 1.5
  c.setLineDash([6, 5])
  rule(c, LEFT, y(value), width - RIGHT, y(value))
  c.setLineDash([])
}

function ring(c: CanvasRenderingContext2D, { x, y }: Frame, point: Point, { ink }: Colours): void {
  c.strokeStyle = ink
  c.lineWidth = 2
  c.beginPath()
  c.arc(x(point.x), y(point.y), 10, 0, 2 * Math.PI)
  c.stroke()
}
