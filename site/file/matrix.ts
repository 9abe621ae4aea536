/** A layer as a picture: a cell a weight, in the colour of its sign and as deep as it is large; pruned ones are empty. */
import type { Layer } from '../../runtime-as/format/network.ts'
import { el, say } from '../dom.ts'
import { colours, THEME } from '../draw/canvas.ts'

/** CSS pixels that the picture takes at most, each way, and a cell */
const [MOST, LARGEST] = [520, 12]

/** CSS pixels of a cell across, or down */
const cellOf = (count: number): number => Math.max(1, Math.min(LARGEST, Math.floor(MOST / count)))

export function matrix(layer: Layer, number: number, inputs: (column: number) => string): HTMLElement {
  const { weights, inputs: columns, outputs: rows } = layer
  const [across, down] = [columns, rows].map(cellOf)
  const kept = weights.reduce((n, weight) => n + (weight === 0 ? 0 : 1), 0)
  const title = `Layer ${number}: ${rows} rows of ${columns}, ${kept} weights`
  const canvas = el('canvas', { tabindex: 0, role: 'img', 'aria-label': `${title}. Arrow keys go from cell to cell.` })
  // painted once: a pointer that moves over a wide layer paints its own cell alone
  const picture = el('canvas')
  for (const one of [canvas, picture]) Object.assign(one, { width: columns * across, height: rows * down })
  const told = el('p', { class: 'hint', role: 'status' }, 'Point at a cell, or use the arrow keys.')
  let at: [row: number, column: number] | undefined
  const show = () => {
    const c = canvas.getContext('2d')!
    c.clearRect(0, 0, canvas.width, canvas.height)
    c.drawImage(picture, 0, 0)
    if (!at) return
    const [row, column] = at
    c.strokeStyle = colours().ink
    c.strokeRect(column * across - 0.5, row * down - 0.5, across + 1, down + 1)
    const weight = weights[row * columns + column]
    say(told, `unit ${row + 1} from ${inputs(column)}: ${weight === 0 ? 'pruned' : Number(weight.toPrecision(6))}`)
  }
  const paint = () => {
    paintCells(picture, layer, across, down)
    show()
  }
  const goTo = (row: number, column: number) => {
    at = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))]
    show()
  }
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const scale = canvas.width / canvas.clientWidth
    goTo(Math.floor((offsetY * scale) / down), Math.floor((offsetX * scale) / across))
  })
  const moves: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  }
  canvas.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(moves, event.key)) return
    event.preventDefault()
    const [down, right] = moves[event.key]
    goTo((at?.[0] ?? 0) + down, (at?.[1] ?? 0) + right)
  })
  canvas.addEventListener(THEME, paint)
  paint()
  return el('div', { class: 'matrix' }, el('h4', {}, title), canvas, told)
}

function paintCells(
  canvas: HTMLCanvasElement,
  { weights, inputs: columns }: Layer,
  across: number,
  down: number,
): void {
  const c = canvas.getContext('2d')!
  c.clearRect(0, 0, canvas.width, canvas.height)
  const { teacher, student } = colours()
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const [width, height] = [across, down].map((cell) => (cell > 4 ? cell - 1 : cell))
  for (const [at, weight] of weights.entries()) {
    if (weight === 0) continue
    c.globalAlpha = 0.25 + 0.75 * Math.sqrt(Math.abs(weight) / largest)
    c.fillStyle = weight < 0 ? teacher : student
    c.fillRect((at % columns) * across, Math.floor(at / columns) * down, width, height)
  }
  c.globalAlpha = 1
}
