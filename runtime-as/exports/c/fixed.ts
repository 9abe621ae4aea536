/** Layers in whole numbers, for processors without an FPU: activations i16, weights i8, sums i32. SPEC.md: "Fixed point". */
import type { Program, ProgramLayer } from '../program.ts'
import type { Loops } from './tables.ts'
import { type Prefix, reader, table, unsignedFor } from './text.ts'

/** largest activation */
const LARGEST = 32767

/** The observation by the file's multipliers, in whole numbers. False: one is not a number. */
export function quantise(prefix: Prefix, { multipliers = [] }: Program): string {
  const { lower: p, upper: P } = prefix
  return `
${table(prefix, 'float', 'multipliers', multipliers)}
/* whole numbers, ties to even, at most ${LARGEST}; 0: one is not a number */
static int ${p}_quantise(const float *x, int16_t *out) {
  for (size_t i = 0u; i < ${multipliers.length}u; i++) {
    union ${p}_bits v;
    v.number = ${p}_rounded(x[i] * ${P}_FLOAT(&${p}_multipliers[i]));
    const uint32_t size = v.bits & 0x7fffffffu;
    if (size > 0x7f800000u) return 0;
    if (size > 0x46fffe00u) v.number = (v.bits >> 31) != 0u ? ${-LARGEST}.0f : ${LARGEST}.0f;
    /* 1.5 * 2^23 leaves the nearest whole number in the lowest bits */
    v.number += 12582912.0f;
    out[i] = (int16_t)((int32_t)(v.bits - 0x4b3f8000u) - 32768);
  }
  return 1;
}
`
}

/** last: its outputs are actions, f32, before their limits */
export function fixedLayer(prefix: Prefix, layer: ProgramLayer, i: number, last: boolean, x: string, y: string): Loops {
  const { inputs, rows, activation } = layer
  const { lower: p } = prefix
  const dense = rows.every(({ terms }) => terms.length === inputs)
  const column = unsignedFor(inputs - 1)
  const count = unsignedFor(Math.max(...rows.map(({ terms }) => terms.length)))
  const terms = rows.flatMap((row) => row.terms)
  const tables = [
    table(
      prefix,
      'int32_t',
      `heads_${i}`,
      rows.map(({ head = 0 }) => head),
    ),
    table(prefix, 'int8_t', `weights_${i}`, terms.length > 0 ? terms.map(({ weight }) => weight) : [0]),
  ]
  const args = [`${p}_weights_${i}`]
  if (dense) args.push(`(size_t)${inputs}`)
  else {
    tables.push(
      table(prefix, column, `columns_${i}`, terms.length > 0 ? terms.map((term) => term.column) : [0]),
      table(
        prefix,
        count,
        `counts_${i}`,
        rows.map((row) => row.terms.length),
      ),
    )
    args.push(`${p}_columns_${i}`, `${p}_counts_${i}`)
  }
  args.push(`${p}_heads_${i}`)
  if (last) {
    tables.push(
      table(
        prefix,
        'float',
        `scale_${i}`,
        rows.map(({ scale = 1 }) => scale),
      ),
    )
    args.push(`${p}_scale_${i}`)
  }
  const shape = dense ? 'dense' : `rows_${[column, count].map((type) => type.replace(/\D/g, '')).join('_')}`
  const name = `${p}_fixed_${shape}${last ? '_last' : ''}_${activation}`
  return {
    tables: tables.join(''),
    functions: new Map([[name, rowsFunction(prefix, name, { dense, column, count, last, activation })]]),
    calls: `  ${name}(${args.join(', ')}, (size_t)${rows.length}, ${x}, ${y});`,
  }
}

interface Kind {
  dense: boolean
  column: 'uint8_t' | 'uint16_t'
  count: 'uint8_t' | 'uint16_t'
  last: boolean
  activation: ProgramLayer['activation']
}

function rowsFunction(prefix: Prefix, name: string, { dense, column, count, last, activation }: Kind): string {
  const { lower: p, upper: P } = prefix
  const where = dense ? 'size_t columns' : `const ${column} *column, const ${count} *counts`
  const product = `sum += (int32_t)(int16_t)${reader(prefix, 'int8_t')}(w)`
  const sum = dense
    ? `    for (size_t c = 0u; c < columns; c++) {
      ${product} * (int32_t)x[c];
      w++;
    }
`
    : `    for (size_t left = ${reader(prefix, count)}(counts); left > 0u; left--) {
      ${product} * (int32_t)x[${reader(prefix, column)}(column)];
      w++;
      column++;
    }
    counts++;
`
  const call = activation === 'tanh' ? `${p}_tanh` : ''
  const end = last
    ? `    *y++ = ${call}(${reader(prefix, 'float')}(scale) * (float)sum);
    scale++;
`
    : `${activation === 'relu' ? '    if (sum < 0) sum = 0;\n' : ''}    sum >>= (uint8_t)((uint32_t)begin & 31u);
    if (sum > ${LARGEST}) sum = ${LARGEST};
    if (sum < ${-LARGEST}) sum = ${-LARGEST};
    *y++ = (int16_t)sum;
`
  return `static void ${name}(const int8_t *w, ${where}, const int32_t *head,${last ? ' const float *scale,' : ''} size_t rows,
    const int16_t *${P}_RESTRICT x, ${last ? 'float' : 'int16_t'} *${P}_RESTRICT y) {
  for (; rows > 0u; rows--) {
${last ? `    int32_t sum = ${P}_I32(head);` : `    const int32_t begin = ${P}_I32(head);\n    int32_t sum = begin;`}
    head++;
${sum}${end}  }
}
`
}
