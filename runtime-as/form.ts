/** How a layer is stored, and the one place that decides it. */

export type Form = 'dense' | 'grouped'

/** Bytes of one column number of a grouped layer that reads `columns` inputs. */
export const columnBytes = (columns: number): 1 | 2 => (columns <= 256 ? 1 : 2)

/**
 * The form that costs less, where a byte of flash counts as much as an instruction per inference. Instructions as measured on a
 * Cortex-M4: grouped 7.8 a weight and 15 a row, dense 5 a weight. Biases cost both the same. So grouped wins up to about 70 % density
 * in wide layers, and less in narrow ones. Equal: dense.
 */
export function cheaperForm(rows: number, columns: number, weights: number): Form {
  const instructions = 7.8 * weights + 15 * rows
  const bytes = (4 + columnBytes(columns)) * weights
  return instructions + bytes < (5 + 4) * rows * columns ? 'grouped' : 'dense'
}
