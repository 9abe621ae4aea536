/** The actions of both, one strip each, and their difference below the middle line of each strip. */
import { type Lockstep, TRACE } from '../run/lockstep.ts'
import { type Colours, type Surface, surfaceOf } from './canvas.ts'

const LABEL = 18

/** CSS pixels of a strip: one that is alone has more */
const stripHeight = (actions: number): number => Math.max(56, 120 / actions)

export const tracesHeight = (actions: number): number => actions * stripHeight(actions) + 4

export function drawTraces(canvas: HTMLCanvasElement, pair: Lockstep, colours: Colours): void {
  const surface = surfaceOf(canvas)
  const { context } = surface
  context.font = '12px system-ui, sans-serif'
  context.textBaseline = 'top'
  for (const [action, name] of pair.spec.actionNames.entries()) strip(surface, pair, action, name, colours)
}

function strip({ context: c, width }: Surface, pair: Lockstep, action: number, name: string, colours: Colours): void {
  const { actionLow, actionHigh, actionNames } = pair.spec
  const height = stripHeight(actionNames.length)
  const top = action * height
  const [low, high] = [actionLow[action], actionHigh[action]]
  const [from, to] = [top + LABEL, top + height - 4]
  const y = (value: number) => to - ((value - low) / (high - low)) * (to - from)
  c.fillStyle = colours.soft
  c.fillText(name, 0, top + 2)
  c.strokeStyle = colours.line
  c.lineWidth = 1
  c.beginPath()
  for (const value of [low, (low + high) / 2, high]) {
    c.moveTo(0, Math.round(y(value)) + 0.5)
    c.lineTo(width, Math.round(y(value)) + 0.5)
  }
  c.stroke()
  const count = actionNames.length
  const first = Math.max(0, pair.steps - TRACE)
  const x = (step: number) => ((step - first) / (TRACE - 1)) * width
  const at = (side: number, step: number) =>
    step < pair.sides[side].steps ? pair.sides[side].trace[(step % TRACE) * count + action] : Number.NaN
  difference(c, { first, end: pair.steps, x, y, teacher: (s) => at(0, s), student: (s) => at(1, s) }, colours)
  for (const [side, colour] of [colours.teacher, colours.student].entries()) {
    c.strokeStyle = colour
    c.lineWidth = side === 0 ? 2.5 : 1.5
    c.lineJoin = 'round'
    c.beginPath()
    let down = false
    for (let step = first; step < pair.steps; step++) {
      const value = at(side, step)
      if (Number.isNaN(value)) break
      if (down) c.lineTo(x(step), y(value))
      else c.moveTo(x(step), y(value))
      down = true
    }
    c.stroke()
  }
}

interface Both {
  first: number
  end: number
  x(step: number): number
  y(value: number): number
  teacher(step: number): number
  student(step: number): number
}

/** The area between the two. */
function difference(c: CanvasRenderingContext2D, { first, end, x, y, teacher, student }: Both, { ink }: Colours): void {
  c.fillStyle = ink
  c.globalAlpha = 0.16
  c.beginPath()
  let last = first
  for (; last < end && !Number.isNaN(teacher(last)) && !Number.isNaN(student(last)); last++)
    c.lineTo(x(last), y(teacher(last)))
  for (let step = last - 1; step >= first; step--) c.lineTo(x(step), y(student(step)))
  c.fill()
  c.globalAlpha = 1
}
