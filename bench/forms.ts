/**
 * What a weight and a row of each form cost on the emulated STM32F405 (Cortex-M4F, QEMU), in instructions for each type of value, as one
 * JSON object: the figures by which `runtime-as/format/form.ts` chooses. Needs qemu-system-arm.
 *
 * A layer of relu that reads u8 columns, before one action. Dense: a full matrix. Grouped: weights at random places, at several densities, rows
 * sorted and in runs as the encoder leaves them. `row` is what a grouped row costs beyond a dense one; `column` what an observation costs in fixed
 * point, in whatever form.
 */
import { decodePolicy } from '../runtime-as/format/decode.ts'
import type { Form } from '../runtime-as/format/form.ts'
import { VALUE_TYPES, type ValueType } from '../runtime-as/format/network.ts'
import { instructions } from './board.ts'
import { layerFile } from './board-cases.ts'

const ROWS = 48
const [FEW, MANY] = [24, 64]
const DENSITIES = [0.03, 0.06, 0.12, 0.2, 0.3]
/** rows equally long among FEW and MANY columns tell what a column costs */
const EQUAL = DENSITIES.slice(0, 3)

/** Instructions of an inference, and how many weights the layer has. */
async function measure(values: ValueType, form: Form, columns: number, density: number) {
  const file = layerFile(values, ROWS, columns, density)
  const [layer] = decodePolicy(file).layers
  if (layer.form !== form) throw new Error(`${values}, ${columns} columns at ${density}: stored as ${layer.form}`)
  return { weights: layer.weights, count: (await instructions(file)).count }
}

const average = (numbers: number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/** Least squares: y = slope x + start. */
function line(points: { x: number; y: number }[]): { slope: number; start: number; worst: number } {
  const [x, y] = [average(points.map((p) => p.x)), average(points.map((p) => p.y))]
  const slope = average(points.map((p) => (p.x - x) * (p.y - y))) / average(points.map((p) => (p.x - x) ** 2))
  const start = y - slope * x
  return { slope, start, worst: Math.max(...points.map((p) => Math.abs(p.y - start - slope * p.x))) }
}

const round = (x: number): number => Number(x.toFixed(2))

async function costs(values: ValueType) {
  const grouped = []
  for (const density of DENSITIES) grouped.push(await measure(values, 'grouped', MANY, density))
  const { slope, start, worst } = line(grouped.map(({ weights, count }) => ({ x: weights / ROWS, y: count / ROWS })))
  const ofColumn = []
  for (const [i, density] of EQUAL.entries()) {
    const { weights, count } = await measure(values, 'grouped', FEW, (density * MANY) / FEW)
    ofColumn.push((grouped[i].count - count - slope * (grouped[i].weights - weights)) / (MANY - FEW))
  }
  const column = values === 'int8-fixed' ? average(ofColumn) : 0
  const few = await measure(values, 'dense', FEW, 1)
  const many = await measure(values, 'dense', MANY, 1)
  const dense = (many.count - few.count - column * (MANY - FEW)) / (ROWS * (MANY - FEW))
  return {
    values,
    weight: round(slope),
    row: round(start - many.count / ROWS + dense * MANY),
    dense: round(dense),
    column: round(column),
    /** largest distance of a measured row from weight * length + row */
    worst: round(worst),
  }
}

const rows = []
for (const values of VALUE_TYPES) rows.push(await costs(values))
console.log(
  JSON.stringify({ board: 'qemu-stm32f405', rows: ROWS, columns: MANY, densities: DENSITIES, costs: rows }, null, 2),
)
