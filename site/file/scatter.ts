/** Points on a plane: a logarithmic axis across, one up, whiskers, and a line through those of the front. */
import { el, say } from '../dom.ts'
import { type Colours, colours, surfaceOf } from '../draw/canvas.ts'
import { decimal, grouped } from '../words.ts'

export interface Point {
  number: number
  name: string
  /** 0 or more */
  x: number
  y: number
  /** of the whisker, to each side; 0: none */
  half: number
  /** none of the others has more for less */
  front: boolean
}

const [LEFT, BOTTOM, TOP, RIGHT] = [64, 36, 10, 14]

interface Frame {
  x(value: number): number
  y(value: number): number
  width: number
  height: number
}

/** names: of the axes. choose: told the place of a point that was clicked */
export function scatter(
  points: readonly Point[],
  names: { x: string; y: string },
  choose?: (place: number) => void,
): HTMLElement {
  const label = `${names.y} against ${names.x}; the table has the figures`
  const canvas = el('canvas', { role: 'img', 'aria-label': label })
  const told = el('p', { class: 'hint' }, ' ')
  let frame: Frame | undefined
  const paint = () => {
    frame = draw(canvas, points, names)
  }
  const nearest = ({ offsetX, offsetY }: MouseEvent): number => {
    if (!frame) return -1
    const { x, y } = frame
    const away = points.map((point) => Math.hypot(x(point.x) - offsetX, y(point.y) - offsetY))
    const place = away.indexOf(Math.min(...away))
    return away[place] < 24 ? place : -1
  }
  canvas.addEventListener('pointermove', (event) => {
    const point = points[nearest(event)]
    say(told, point ? `${point.name}: ${grouped(point.x)} ${names.x}, ${names.y} ${decimal(point.y)}` : ' ')
  })
  canvas.addEventListener('click', (event) => {
    const place = nearest(event)
    if (place >= 0) choose?.(place)
  })
  new ResizeObserver(paint).observe(canvas)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
  return el('div', { class: 'plot' }, canvas, told)
}

function draw(canvas: HTMLCanvasElement, points: readonly Point[], names: { x: string; y: string }): Frame {
  const theme = colours()
  const { context: c, width, height } = surfaceOf(canvas)
  const logs = points.map(({ x }) => Math.log10(Math.max(1, x)))
  const [left, right] = [Math.floor(Math.min(0.99, ...logs) * 2) / 2, Math.max(1, ...logs) + 0.15]
  const lows = points.map(({ y, half }) => y - half)
  const highs = points.map(({ y, half }) => y + half)
  const [low, high] = [Math.min(...lows), Math.max(...highs)]
  const room = 0.08 * (high - low) || 1
  const frame: Frame = {
    width,
    height,
    x: (value) => LEFT + ((Math.log10(Math.max(1, value)) - left) / (right - left)) * (width - LEFT - RIGHT),
    y: (value) => TOP + ((high + room - value) / (high - low + 2 * room)) * (height - TOP - BOTTOM),
  }
  if (points.length === 0) return frame
  axes(c, frame, { left, right, low: low - room, high: high + room }, names, theme)
  frontLine(c, frame, points, theme)
  for (const point of points) mark(c, frame, point, theme)
  return frame
}

interface Range {
  left: number
  right: number
  low: number
  high: number
}

function axes(
  c: CanvasRenderingContext2D,
  frame: Frame,
  range: Range,
  names: { x: string; y: string },
  theme: Colours,
): void {
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
  c.strokeStyle = c.fillStyle = point.front ? student : soft
  c.lineWidth = 1.5
  if (point.half > 0) rule(c, across, y(point.y - point.half), across, y(point.y + point.half))
  c.beginPath()
  c.arc(across, up, point.front ? 5 : 4, 0, 2 * Math.PI)
  c.fill()
}
