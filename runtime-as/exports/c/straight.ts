/** Layers as straight lines, for processors with an FPU: every weight a constant in its place, no loop and no index. */
import { type Block, blocks, type ProgramLayer, type Row } from '../program.ts'
import { float, type Prefix } from './text.ts'

/** rows summed side by side: few enough for the 32 registers of a Cortex-M4's FPU where a row reads a tenth of its inputs */
const ROWS = 45

/** The functions of a layer and the calls of them. x, y: what the layer reads and writes */
export function straightLayer(prefix: Prefix, layer: ProgramLayer, i: number, x: string, y: string) {
  const parts = blocks(layer, ROWS).map((block, k) => ({ block, name: `${prefix.lower}_layer_${i}_${k}` }))
  return {
    functions: parts.map(({ block, name }) => blockFunction(prefix, layer, block, name)).join('\n'),
    calls: parts.map(({ name }) => `  ${name}(${x}, ${y});`).join('\n'),
  }
}

/** A sum is declared where it begins and stored where it ends, so that more of them fit the registers. */
function blockFunction(
  { lower: p, upper: P }: Prefix,
  { activation }: ProgramLayer,
  { first, rows, columns }: Block,
  name: string,
): string {
  const call = { none: '', relu: `${p}_relu`, tanh: `${p}_tanh` }[activation]
  const sum = (row: number, { bias, scale }: Row) =>
    scale === undefined ? `a${row}` : `${float(bias)} + ${p}_rounded(${float(scale)} * a${row})`
  const result = (row: number) => `  y[${first + row}] = ${call}(${sum(row, rows[row])});`
  const begin = (row: number) => `  float a${row} = ${float(rows[row].scale === undefined ? rows[row].bias : 0)};`
  const left = rows.map(({ terms }) => terms.length)
  const lines = rows.flatMap(({ terms }, row) => (terms.length === 0 ? [begin(row), result(row)] : []))
  for (const { column, uses } of columns) {
    lines.push(`  const float x${column} = x[${column}];`)
    for (const { row, weight } of uses) {
      if (left[row] === rows[row].terms.length) lines.push(begin(row))
      lines.push(`  a${row} += ${p}_rounded(${float(weight)} * x${column});`)
      if (--left[row] === 0) lines.push(result(row))
    }
  }
  return `static void ${name}(const float *${P}_RESTRICT x, float *${P}_RESTRICT y) {
${columns.length > 0 ? '' : '  (void)x;\n'}${lines.join('\n')}
}
`
}
