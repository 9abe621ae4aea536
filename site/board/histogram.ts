/** How often which value came: bars from 0 on; the last one has all that are larger. */
import { spreadOf } from '../../firmware-bridge/host/measure.ts'
import { colours, surfaceOf } from '../draw/canvas.ts'
import { decimal } from '../words.ts'

const BARS = 40
const BOTTOM = 20

/** values: above 0 */
export function histogram(canvas: HTMLCanvasElement, values: readonly number[]): void {
  const { context: c, width, height } = surfaceOf(canvas)
  const { student, soft, line } = colours()
  // one that is late by far would leave the others a single bar
  const most = 1.25 * spreadOf(values).p99
  const counts = new Uint32Array(BARS)
  for (const value of values) counts[Math.min(BARS - 1, Math.floor((value / most) * BARS))]++
  const highest = Math.max(...counts)
  const bar = width / BARS
  c.fillStyle = student
  counts.forEach((count, i) => {
    const tall = (count / highest) * (height - BOTTOM - 6)
    c.fillRect(i * bar + 0.5, height - BOTTOM - tall, bar - 1, tall)
  })
  c.fillStyle = line
  c.fillRect(0, height - BOTTOM, width, 1)
  c.fillStyle = soft
  c.font = '12px system-ui, sans-serif'
  c.textAlign = 'left'
  c.fillText('0', 0, height - 5)
  c.textAlign = 'right'
  c.fillText(`${decimal(most)} ms and more`, width, height - 5)
}
