/** A layer as a picture: a cell a weight, in the colour of its sign and as deep as it is large; pruned ones are empty. */
import type { Layer } from '../../runtime-as/format/network.ts'
import { el, say } from '../dom.ts'
import { colours } from '../draw/canvas.ts'

/** CSS pixels that the picture takes at most, and a cell */
const [WIDEST, LARGEST] = [520, 12]

export function matrix(layer: Layer, number: number, inputs: (column: number) => string): HTMLElement {
  const { weights, inputs: columns, outputs: rows } = layer
  const cell = Math.max(1, Math.min(LARGEST, Math.floor(WIDEST / columns)))
  const kept = weights.reduce((n, weight) => n + (weight === 0 ? 0 : 1), 0)
  const title = `Layer ${number}: ${rows} rows of ${columns}, ${kept} weights`
  const canvas = el('canvas', { tabindex: 0, role: 'img', 'aria-label': `${title}. Arrow keys go from cell to cell.` })
  canvas.width = columns * cell
  canvas.height = rows * cell
  const told = el('p', { class: 'hint', role: 'status' }, 'Point at a cell.')
  let at: [row: number, column: number] | undefined
  const paint = () => {
    paintCells(canvas, layer, cell)
    if (!at) return
    const [row, column] = at
    const c = canvas.getContext('2d')!
    c.strokeStyle = colours().ink
    c.strokeRect(column * cell - 0.5, row * cell - 0.5, cell + 1, cell + 1)
    const weight = weights[row * columns + column]
    say(told, `unit ${row + 1} from ${inputs(column)}: ${weight === 0 ? 'pruned' : Number(weight.toPrecision(6))}`)
  }
  const goTo = (row: number, column: number) => {
    at = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))]
    paint()
  }
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const scale = canvas.width / canvas.clientWidth
    goTo(Math.floor((offsetY * scale) / cell), Math.floor((offsetX * scale) / cell))
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
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
  paint()
  return el('div', { class: 'matrix' }, el('h4', {}, title), canvas, told)
}

function paintCells(canvas: HTMLCanvasElement, { weights, inputs: columns }: Layer, cell: number): void {
  const c = canvas.getContext('2d')!
  c.clearRect(0, 0, canvas.width, canvas.height)
  const { teacher, student } = colours()
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const gap = cell > 4 ? 1 : 0
  for (const [at, weight] of weights.entries()) {
    if (weight === 0) continue
    c.globalAlpha = 0.25 + 0.75 * Math.sqrt(Math.abs(weight) / largest)
    c.fillStyle = weight < 0 ? teacher : student
    c.fillRect((at % columns) * cell, Math.floor(at / columns) * cell, cell - gap, cell - gap)
  }
  c.globalAlpha = 1
}
