/** The pendulum from the front, on a plain canvas. */
import type { Task } from '../../trainer/tasks/task.ts'
import type { Push } from '../run/tasks.ts'
import { type Colours, surfaceOf } from './canvas.ts'
import type { Scene } from './scene.ts'

/** role: whose colour the rod has. torque: the last action, shape (1), N m */
export function pendulumScene(
  canvas: HTMLCanvasElement,
  task: Task,
  role: 'teacher' | 'student',
  torque: () => Float32Array,
): Scene {
  const draw = (colours: Colours, [push]: Push, faded: boolean) => {
    const { context: c, width, height } = surfaceOf(canvas)
    const [x, y, rod] = [width / 2, height / 2, 0.4 * Math.min(width, height)]
    c.globalAlpha = faded ? 0.5 : 1
    dial(c, colours, { x, y, radius: 1.17 * rod })
    const [cosine, sine] = task.observation
    const [tipX, tipY] = [x - rod * sine, y - rod * cosine]
    c.lineCap = 'round'
    c.strokeStyle = colours[role]
    c.lineWidth = Math.max(7, 0.11 * rod)
    c.beginPath()
    c.moveTo(x, y)
    c.lineTo(tipX, tipY)
    c.stroke()
    torqueArc(c, { x, y, radius: 0.36 * rod, torque: torque()[0], colour: colours.ink })
    c.fillStyle = colours.paper
    c.strokeStyle = colours.ink
    c.lineWidth = 1.5
    c.beginPath()
    c.arc(x, y, 5, 0, 2 * Math.PI)
    c.fill()
    c.stroke()
    if (push !== 0) arrow(c, { x: tipX, y: tipY, dx: -46 * push * cosine, dy: 46 * push * sine, colour: colours.ink })
  }
  return { draw, close() {} }
}

interface Circle {
  x: number
  y: number
  radius: number
}

/** Every 30 degrees a tick, the upright one longer. */
function dial(c: CanvasRenderingContext2D, { line, soft }: Colours, { x, y, radius }: Circle): void {
  c.lineWidth = 1
  for (let i = 0; i < 12; i++) {
    const angle = (i * Math.PI) / 6
    const inner = i === 0 ? 0.9 : 0.96
    c.strokeStyle = i % 3 === 0 ? soft : line
    c.beginPath()
    c.moveTo(x + radius * Math.sin(angle), y - radius * Math.cos(angle))
    c.lineTo(x + inner * radius * Math.sin(angle), y - inner * radius * Math.cos(angle))
    c.stroke()
  }
}

/** From the top, as far as the torque is of the most: 2 N m is half a circle. Positive turns against the clock, as the angle does. */
function torqueArc(
  c: CanvasRenderingContext2D,
  { x, y, radius, torque, colour }: Circle & { torque: number; colour: string },
): void {
  if (!(Math.abs(torque) > 0.02)) return
  const top = -Math.PI / 2
  const end = top - (torque / 2) * Math.PI * 0.94
  c.strokeStyle = colour
  c.lineWidth = 2
  c.beginPath()
  c.arc(x, y, radius, top, end, torque > 0)
  c.stroke()
  const [tipX, tipY] = [x + radius * Math.cos(end), y + radius * Math.sin(end)]
  const along = end + (torque > 0 ? -Math.PI / 2 : Math.PI / 2)
  c.fillStyle = colour
  c.beginPath()
  for (const turn of [0, 2.5, -2.5]) c.lineTo(tipX + 6 * Math.cos(along + turn), tipY + 6 * Math.sin(along + turn))
  c.fill()
}

export function arrow(
  c: CanvasRenderingContext2D,
  { x, y, dx, dy, colour }: { x: number; y: number; dx: number; dy: number; colour: string },
): void {
  const angle = Math.atan2(dy, dx)
  c.strokeStyle = colour
  c.fillStyle = colour
  c.lineWidth = 2.5
  c.beginPath()
  c.moveTo(x, y)
  c.lineTo(x + dx, y + dy)
  c.stroke()
  c.beginPath()
  for (const turn of [0, 2.5, -2.5]) {
    c.lineTo(x + dx + 9 * Math.cos(angle + turn), y + dy + 9 * Math.sin(angle + turn))
  }
  c.fill()
}
