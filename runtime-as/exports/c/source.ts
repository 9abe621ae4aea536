/**
 * One policy as C99 that is C++11 too: no library, no allocation. The bits are the kernel's: every product rounds by itself, whatever the compiler
 * is told; where it is told to take sums apart, the file refuses to compile.
 */
import { type Program, squashScale } from '../program.ts'
import { half, relu, tanh } from './activations.ts'
import { fixedLayer, quantise } from './fixed.ts'
import { bits, flash, guards, SOFT_FLOAT } from './guards.ts'
import { sameExport } from './header.ts'
import { places } from './memory.ts'
import { straightLayer } from './straight.ts'
import { type Loops, tabledLayer } from './tables.ts'
import { comment, float, type Prefix, table } from './text.ts'

/** weights: what has more is a loop over tables everywhere; as straight lines it would be some 15 bytes a weight and overflow any cache */
const MAX_STRAIGHT = 16_384

/** name of the header: `include` */
export function source(program: Program, prefix: Prefix, include: string): string {
  const { lower: p, upper: P } = prefix
  return `/* Policy for ${comment(program.task)}. Written by bpd; SPDX-License-Identifier: MIT
 *
 * C99 or C++11, no library. GCC and Clang give the same bits at every level of optimisation, for every CPU; another compiler has to be
 * told not to fuse (-ffp-contract=off). The self-test says whether a build gives them. */
#include "${include}"

#include <stddef.h>
#include <stdint.h>

${sameExport(program, prefix)}${guards(prefix)}${flash(prefix)}${bits(prefix)}${activations(program, prefix)}
${layers(program, prefix)}
${actionsFunction(program, prefix)}${refusalFunction(program, prefix)}
void ${p}_step_r(${p}_context *context, const float observation[${P}_OBSERVATIONS], float action[${P}_ACTIONS]) {
${refusal(program, prefix)}  ${p}_layers(context, observation, action);
  ${p}_limit(action);
}

void ${p}_step(const float observation[${P}_OBSERVATIONS], float action[${P}_ACTIONS]) {
  static ${p}_context context;
  ${p}_step_r(&context, observation, action);
}
`
}

function activations(program: Program, prefix: Prefix): string {
  const { layers, multipliers } = program
  const uses = (name: string) => layers.some(({ activation }) => activation === name)
  // a layer without a weight has no table to read
  const halves =
    !multipliers && layers.some(({ values, rows }) => values === 'f16' && rows.some(({ terms }) => terms.length > 0))
  const parts = [
    uses('relu') && !multipliers ? relu(prefix) : '',
    uses('tanh') ? tanh(prefix) : '',
    halves ? inTables(program, prefix, half(prefix)) : '',
  ]
  return (hasStraight(program) ? choice(prefix) : '') + parts.join('')
}

/** Which of the two ways is compiled. */
const choice = ({ upper: P }: Prefix): string => `
/* 1: loops over tables, for processors without an FPU, where indices cost nothing beside the arithmetic; 0: straight lines, which are
 * faster with an FPU and take more flash. The bits are the same */
#ifndef ${P}_TABLES
#if ${SOFT_FLOAT}
#define ${P}_TABLES 1
#else
#define ${P}_TABLES 0
#endif
#endif
`

function hasStraight({ layers, multipliers }: Program): boolean {
  const terms = layers.reduce((sum, { rows }) => rows.reduce((n, row) => n + row.terms.length, sum), 0)
  return !multipliers && terms <= MAX_STRAIGHT
}

const inTables = (program: Program, { upper: P }: Prefix, text: string): string =>
  hasStraight(program) ? `\n#if ${P}_TABLES\n${text.trimStart()}#endif\n` : text

/** All layers, from the observation to the last one's outputs in the place of the action. */
function layers(program: Program, prefix: Prefix): string {
  const { upper: P } = prefix
  if (program.multipliers) return quantise(prefix, program) + looped(program, prefix)
  if (!hasStraight(program)) return looped(program, prefix)
  return `#if ${P}_TABLES

${looped(program, prefix)}
#else

${straight(program, prefix)}
#endif
`
}

const layersFunction = ({ lower: p }: Prefix, calls: string): string =>
  `static void ${p}_layers(${p}_context *context, const float *observation, float *action) {
  (void)context;
  (void)observation;
${calls}
}
`

function straight(program: Program, prefix: Prefix): string {
  const parts = program.layers.map((layer, i) => {
    const { x, y } = places(program, i)
    return straightLayer(prefix, layer, i, x, y)
  })
  const calls = [`  (void)${prefix.lower}_rounded;`, ...parts.map((part) => part.calls)].join('\n')
  return `${parts.map(({ functions }) => functions).join('\n')}\n${layersFunction(prefix, calls)}`
}

function looped(program: Program, prefix: Prefix): string {
  const last = program.layers.length - 1
  const parts = program.layers.map((layer, i): Loops => {
    const { x, y } = places(program, i)
    return program.multipliers ? fixedLayer(prefix, layer, i, i === last, x, y) : tabledLayer(prefix, layer, i, x, y)
  })
  const functions = new Map(parts.flatMap((part) => [...part.functions]))
  const calls = [`  (void)${prefix.lower}_rounded;`, ...parts.map((part) => part.calls)].join('\n')
  return [...parts.map(({ tables }) => tables), ...functions.values(), layersFunction(prefix, calls)].join('\n')
}

function actionsFunction({ low, high, failsafe, squash }: Program, { lower: p }: Prefix): string {
  const lines = low.map((lowest, i) => {
    const { middle, half: halfRange } = squashScale(lowest, high[i])
    const scaled =
      squash === 'tanh' ? `${float(middle)} + ${p}_rounded(${float(halfRange)} * action[${i}])` : `action[${i}]`
    return `  action[${i}] = ${p}_limited(${scaled}, ${float(lowest)}, ${float(high[i])}, ${float(failsafe[i])});`
  })
  return `static float ${p}_limited(float a, float low, float high, float failsafe) {
  if (a < low) return low;
  if (a > high) return high;
  return a != a ? failsafe : a;
}

static void ${p}_limit(float *action) {
${lines.join('\n')}
}
`
}

/** Whether an observation is not to be acted on; one that is clamped lies in `within` then. */
function refusalFunction({ bounds }: Program, prefix: Prefix): string {
  if (!bounds) return ''
  const { lower: p, upper: P } = prefix
  const clamps = bounds.outside === 'clamp'
  const clamped = `    if (x[i] != x[i]) return 1;
    within[i] = x[i] < low ? low : x[i] > high ? high : x[i];`
  const refused = '    if (!(x[i] >= low && x[i] <= high)) return 1;'
  return `
${table(prefix, 'float', 'lowest', bounds.low)}${table(prefix, 'float', 'highest', bounds.high)}
static int ${p}_refused(const float *x${clamps ? ', float *within' : ''}) {
  for (size_t i = 0u; i < ${bounds.low.length}u; i++) {
    const float low = ${P}_FLOAT(&${p}_lowest[i]);
    const float high = ${P}_FLOAT(&${p}_highest[i]);
${clamps ? clamped : refused}
  }
  return 0;
}
`
}

/** The failsafe, and no more, for an observation that is refused, or that whole numbers cannot say. */
function refusal({ bounds, failsafe, multipliers }: Program, { lower: p }: Prefix): string {
  const clamps = bounds?.outside === 'clamp'
  const conditions: string[] = []
  if (bounds) conditions.push(`${p}_refused(observation${clamps ? ', context->within' : ''})`)
  if (multipliers) conditions.push(`!${p}_quantise(${clamps ? 'context->within' : 'observation'}, context->odd)`)
  if (conditions.length === 0) return ''
  const lines = failsafe.map((value, i) => `    action[${i}] = ${float(value)};`)
  return `  if (${conditions.join(' || ')}) {
${lines.join('\n')}
    return;
  }
`
}
