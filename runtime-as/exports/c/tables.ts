/**
 * Layers as tables and loops, for processors without an FPU, where the arithmetic takes so long that indices cost nothing, and for policies too
 * large to be written out. A row's products are added in ascending column order, as everywhere.
 */
import { halfBits } from '../../format/half.ts'
import type { ProgramLayer, Row } from '../program.ts'
import { type Prefix, reader, type TableType, table, unsignedFor } from './text.ts'

export interface Loops {
  /** tables in flash */
  tables: string
  /** functions that several layers may share, by name */
  functions: Map<string, string>
  calls: string
}

/** rows of a dense layer that are summed side by side */
const SIDE_BY_SIDE = 4

export function tabledLayer(prefix: Prefix, layer: ProgramLayer, i: number, x: string, y: string): Loops {
  const { rows, activation } = layer
  const { lower: p } = prefix
  const bias = `bias_${i}`
  const scaled = rows[0].scale !== undefined
  const functions = new Map<string, string>()
  const tables = [
    table(
      prefix,
      'float',
      bias,
      Float32Array.from(rows, (row) => row.bias),
    ),
  ]
  if (scaled)
    tables.push(
      table(
        prefix,
        'float',
        `scale_${i}`,
        Float32Array.from(rows, ({ scale = 1 }) => scale),
      ),
    )
  const sum = isDense(layer) ? dense(prefix, layer, i, x, y) : sparse(prefix, layer, i, x, y)
  for (const [name, text] of sum.functions) functions.set(name, text)
  const count = `(size_t)${rows.length}`
  const begin = scaled ? `${p}_zero(${y}, ${count});` : `${p}_begin(${p}_${bias}, ${y}, ${count});`
  functions.set(...(scaled ? zero(prefix) : beginning(prefix)))
  const end = scaled || activation !== 'none' ? ending(prefix, activation, scaled) : undefined
  if (end) functions.set(...end)
  const scale = scaled ? `${p}_${bias}, ${p}_scale_${i}, ` : ''
  return {
    tables: tables.join('') + sum.tables,
    functions,
    calls: [begin, sum.calls.trim(), ...(end ? [`${end[0]}(${scale}${y}, ${count});`] : [])]
      .map((line) => `  ${line}`)
      .join('\n'),
  }
}

const isDense = ({ inputs, rows }: ProgramLayer): boolean => rows.every(({ terms }) => terms.length === inputs)

interface Values {
  type: TableType
  /** the numbers of a table, for weights */
  stored(weights: number[]): number[]
  /** C for the weight at `w` */
  weight(prefix: Prefix): string
}

const VALUES: Record<'f32' | 'f16' | 'int8', Values> = {
  f32: { type: 'float', stored: (weights) => weights, weight: (prefix) => `${reader(prefix, 'float')}(w)` },
  f16: {
    type: 'uint16_t',
    stored: (weights) => weights.map(halfBits),
    weight: (prefix) => `${prefix.lower}_half(${reader(prefix, 'uint16_t')}(w))`,
  },
  int8: { type: 'int8_t', stored: (weights) => weights, weight: (prefix) => `(float)${reader(prefix, 'int8_t')}(w)` },
}

const valuesOf = ({ values }: ProgramLayer): keyof typeof VALUES => (values === 'int8-fixed' ? 'int8' : values)

/**
 * Column by column: how many rows read it, which, and by what weight. An input that is 0 leaves every sum as it is, because no sum is -0: one is
 * only where a bias is, and then nothing is left out.
 */
function sparse(prefix: Prefix, layer: ProgramLayer, i: number, x: string, y: string): Loops {
  const { inputs, rows } = layer
  const { lower: p, upper: P } = prefix
  const uses = columnsOf(inputs, rows)
  const row = unsignedFor(rows.length - 1)
  const count = unsignedFor(Math.max(...uses.map(({ length }) => length)))
  const values = valuesOf(layer)
  const { type, stored, weight } = VALUES[values]
  const skips = rows.every((r) => r.scale !== undefined || !Object.is(r.bias, -0))
  const all = uses.flat()
  if (all.length === 0) return { tables: '', functions: new Map(), calls: `(void)${x};` }
  const name = `${p}_columns_${values}_${[row, count].map((t) => t.replace(/\D/g, '')).join('_')}${skips ? '' : '_all'}`
  const product = `y[${reader(prefix, row)}(row)] += ${p}_rounded(${weight(prefix)} * a);`
  const body = `static void ${name}(const ${type} *w, const ${row} *row, const ${count} *uses, size_t columns,
    const float *${P}_RESTRICT x, float *${P}_RESTRICT y) {
  for (; columns > 0u; columns--) {
    const float a = *x++;
    size_t count = ${reader(prefix, count)}(uses++);
${
  skips
    ? `    if (${p}_is_zero(a)) {
      w += count;
      row += count;
      count = 0u;
    }
`
    : ''
}    for (; count > 0u; count--) {
      ${product}
      w++;
      row++;
    }
  }
}
`
  const weights = stored(all.map((use) => use.weight))
  return {
    tables: [
      table(prefix, type, `weights_${i}`, weights),
      table(
        prefix,
        row,
        `rows_${i}`,
        all.map((use) => use.row),
      ),
      table(
        prefix,
        count,
        `uses_${i}`,
        uses.map(({ length }) => length),
      ),
    ].join(''),
    functions: new Map([...(skips ? [isZero(prefix)] : []), [name, body]]),
    calls: `${name}(${p}_weights_${i}, ${p}_rows_${i}, ${p}_uses_${i}, (size_t)${inputs}, ${x}, ${y});`,
  }
}

const columnsOf = (inputs: number, rows: Row[]): { row: number; weight: number }[][] => {
  const columns: { row: number; weight: number }[][] = Array.from({ length: inputs }, () => [])
  for (const [row, { terms }] of rows.entries()) {
    for (const { column, weight } of terms) columns[column].push({ row, weight })
  }
  return columns
}

/** Four rows at a time, their weights side by side; the rows left over one by one. */
function dense(prefix: Prefix, layer: ProgramLayer, i: number, x: string, y: string): Loops {
  const { inputs, rows } = layer
  const { lower: p, upper: P } = prefix
  const values = valuesOf(layer)
  const { type, stored, weight } = VALUES[values]
  const weights: number[] = []
  const full = rows.length - (rows.length % SIDE_BY_SIDE)
  for (let row = 0; row < full; row += SIDE_BY_SIDE) {
    for (let c = 0; c < inputs; c++) {
      for (let k = 0; k < SIDE_BY_SIDE; k++) weights.push(rows[row + k].terms[c].weight)
    }
  }
  for (const { terms } of rows.slice(full)) weights.push(...terms.map((term) => term.weight))
  const next = (sum: string) => `      ${sum} += ${p}_rounded(${weight(prefix)} * a);\n      w++;\n`
  const name = `${p}_dense_${values}`
  const skips = rows.every((r) => r.scale !== undefined || !Object.is(r.bias, -0))
  const skip = (count: number) =>
    skips
      ? `      if (${p}_is_zero(a)) {
        w += ${count};
        continue;
      }
`
      : ''
  const full4 = [0, 1, 2, 3]
  const named = skips ? name : `${name}_all`
  const body = `static void ${named}(const ${type} *w, size_t rows, size_t columns, const float *${P}_RESTRICT x,
    float *${P}_RESTRICT y) {
  for (; rows >= 4u; rows -= 4u) {
    float ${full4.map((k) => `a${k} = y[${k}]`).join(', ')};
    for (size_t c = 0u; c < columns; c++) {
      const float a = x[c];
${skip(4)}${full4.map((k) => next(`a${k}`)).join('')}    }
${full4.map((k) => `    y[${k}] = a${k};\n`).join('')}    y += 4;
  }
  for (; rows > 0u; rows--) {
    float sum = *y;
    for (size_t c = 0u; c < columns; c++) {
      const float a = x[c];
${skip(1)}${next('sum')}    }
    *y++ = sum;
  }
}
`
  return {
    tables: table(prefix, type, `weights_${i}`, stored(weights)),
    functions: new Map([...(skips ? [isZero(prefix)] : []), [named, body]]),
    calls: `${named}(${p}_weights_${i}, (size_t)${rows.length}, (size_t)${inputs}, ${x}, ${y});`,
  }
}

const isZero = ({ lower: p }: Prefix): [string, string] => [
  `${p}_is_zero`,
  `/* compared by its bits: without an FPU a comparison takes as long as an addition */
static inline int ${p}_is_zero(float a) {
  union ${p}_bits u;
  u.number = a;
  return (u.bits << 1) == 0u;
}
`,
]

const zero = ({ lower: p }: Prefix): [string, string] => [
  `${p}_zero`,
  `static void ${p}_zero(float *y, size_t rows) {
  for (; rows > 0u; rows--) *y++ = 0.0f;
}
`,
]

const beginning = (prefix: Prefix): [string, string] => [
  `${prefix.lower}_begin`,
  `static void ${prefix.lower}_begin(const float *bias, float *y, size_t rows) {
  for (; rows > 0u; rows--) *y++ = ${reader(prefix, 'float')}(bias++);
}
`,
]

function ending(prefix: Prefix, activation: ProgramLayer['activation'], scaled: boolean): [string, string] {
  const { lower: p } = prefix
  const name = `${p}_end${scaled ? '_scaled' : ''}_${activation}`
  const call = { none: '', relu: `${p}_relu`, tanh: `${p}_tanh` }[activation]
  const float = reader(prefix, 'float')
  const value = scaled ? `${float}(bias) + ${p}_rounded(${float}(scale) * *y)` : '*y'
  return [
    name,
    `static void ${name}(${scaled ? 'const float *bias, const float *scale, ' : ''}float *y, size_t rows) {
  for (; rows > 0u; rows--) {
    *y = ${call}(${value});
    y++;
${scaled ? '    bias++;\n    scale++;\n' : ''}  }
}
`,
  ]
}
