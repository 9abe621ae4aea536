/** How a layer is stored, and the one place that decides it. */
import type { ValueType } from './network.ts'

/** How a layer is stored: `dense`, every weight in its place; `grouped`, those that are not 0, each with its column. */
export type Form = 'dense' | 'grouped'

/** Bytes of one column number of a grouped layer that reads `columns` inputs. */
export const columnBytes = (columns: number): 1 | 2 => (columns <= 256 ? 1 : 2)

/** Bytes of one weight. */
export const VALUE_BYTES: Record<ValueType, number> = { f32: 4, f16: 2, int8: 1, 'int8-fixed': 1 }

/**
 * Instructions on a Cortex-M4F, as `npm run -s bench:forms` measures them: grouped, a weight, and a row beyond a dense row (f32 saves the pass
 * that relu takes there); dense, a weight. They move a few percent with the compiler and are not to follow it: the form decides the file's bytes.
 */
const COSTS: Record<ValueType, { weight: number; row: number; dense: number }> = {
  f32: { weight: 5.6, row: -3.7, dense: 2.4 },
  f16: { weight: 20.2, row: 1.7, dense: 18 },
  int8: { weight: 10.2, row: 4.9, dense: 8 },
  'int8-fixed': { weight: 6.2, row: 2, dense: 5 },
}

/** The form that costs less, where a byte of flash counts as much as an instruction per inference. Equal: dense. */
export function cheaperForm(rows: number, columns: number, weights: number, values: ValueType = 'f32'): Form {
  const cost = COSTS[values]
  const bytes = VALUE_BYTES[values]
  const grouped = (cost.weight + bytes + columnBytes(columns)) * weights + cost.row * rows
  return grouped < (cost.dense + bytes) * rows * columns ? 'grouped' : 'dense'
}
