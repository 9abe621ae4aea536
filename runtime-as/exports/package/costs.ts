/** What an inference takes on each core, by what policies measured there took for each of their weights. */
import type { ValueType } from '../../format/network.ts'
import type { Program } from '../program.ts'

interface CoreCost {
  core: string
  unit: 'instructions' | 'cycles'
  /** for each weight, the least and the most of any measured policy; a test holds bench/results/chips.json to them */
  weight: Record<ValueType, readonly [number, number]>
}

export const CORE_COSTS: CoreCost[] = [
  {
    core: 'Cortex-M0+',
    unit: 'cycles',
    weight: { f32: [160, 280], f16: [200, 300], int8: [230, 410], 'int8-fixed': [25, 35] },
  },
  {
    core: 'Cortex-M4F',
    unit: 'instructions',
    weight: { f32: [4, 7.2], f16: [4, 7.2], int8: [4.5, 7.5], 'int8-fixed': [8, 12] },
  },
  {
    core: 'Cortex-M33F',
    unit: 'instructions',
    weight: { f32: [4, 7.2], f16: [4, 7.2], int8: [4.5, 7.5], 'int8-fixed': [8, 12] },
  },
  {
    core: 'RV32IMC',
    unit: 'instructions',
    weight: { f32: [120, 210], f16: [140, 220], int8: [170, 300], 'int8-fixed': [16, 24] },
  },
  {
    core: 'RV32IMAFC',
    unit: 'instructions',
    weight: { f32: [5, 9.5], f16: [5, 9.5], int8: [5.5, 9.5], 'int8-fixed': [10, 16] },
  },
  {
    core: 'AVR (ATmega328P)',
    unit: 'cycles',
    weight: { f32: [210, 370], f16: [330, 470], int8: [260, 470], 'int8-fixed': [110, 160] },
  },
]

/** Least and most of one inference on a core; layers: how each stores its weights, and how many are not 0. */
export function inferenceCost(
  layers: readonly { values: ValueType; weights: number }[],
  { weight }: CoreCost,
): readonly [least: number, most: number] {
  const sum = (end: 0 | 1) => layers.reduce((all, { values, weights }) => all + weight[values][end] * weights, 0)
  return [sum(0), sum(1)]
}

/** two digits, as an estimate has */
const rough = (x: number): string => Number(x.toPrecision(2)).toLocaleString('en')

/** A table, and what it is. */
export function costTable(program: Program): string {
  const layers = program.layers.map(({ values, rows }) => ({
    values,
    weights: rows.reduce((sum, { terms }) => sum + terms.length, 0),
  }))
  const rows = CORE_COSTS.map((cost) => {
    const [least, most] = inferenceCost(layers, cost)
    return `| ${cost.core} | ${rough(least)} to ${rough(most)} ${cost.unit} |`
  })
  const types = [...new Set(layers.map(({ values }) => values))].join(' and ')
  return `| core | an inference |
| --- | --- |
${rows.join('\n')}

Estimated from the number of weights, by what other policies with ${types} weights took in emulators; the examples' SelfTest says the time on your board. The
stack below \`NAME_step\` was at most 420 bytes on those with an FPU, 220 on those without.`
}
