/** The header of a policy's C: its contract as macros and comments, and what can be called. */
import type { Program } from '../program.ts'
import { workMemory } from './memory.ts'
import { comment, float, macroNames, type Prefix } from './text.ts'

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}u`

/** selfTest: where the function is, in words of a preprocessor; empty: always there */
export function header(program: Program, { lower: p, upper: P }: Prefix, selfTest = ''): string {
  const { observations, actions, low, high, failsafe, bounds } = program
  const rows = (names: string[], of: (i: number) => string) =>
    names.map((name, i) => ` *   ${String(i).padEnd(3)} ${comment(name)}${of(i)}`).join('\n')
  const macros = (kind: string, names: string[]) =>
    macroNames(names)
      .map((name, i) => `#define ${P}_${kind}_${name} ${i}`)
      .join('\n')
  const list = (values: number[]) => `{${values.map(float).join(', ')}}`
  const outside = bounds
    ? `outside these bounds: ${bounds.outside === 'clamp' ? 'limited' : 'the failsafe action'}; NaN: the failsafe action`
    : 'no bounds; NaN: the failsafe, wherever it reaches'
  return `/* ${P}: a control policy for ${comment(program.task)}, an action every ${program.period} us. Written by bpd; SPDX-License-Identifier: MIT
 *
 * observation (${outside})
${rows(observations, (i) => (bounds ? `  ${bounds.low[i]} .. ${bounds.high[i]}` : ''))}
 * action, within its bounds whatever the observation
${rows(actions, (i) => `  ${low[i]} .. ${high[i]}, failsafe ${failsafe[i]}`)}
 */
#ifndef ${P}_H
#define ${P}_H

/* of the functions below: a change that breaks callers raises it */
#define ${P}_API 1
/* CRC-32 of what is expected and promised: names, order, bounds, period. Policies of the same one can replace each other */
#define ${P}_CONTRACT ${hex(program.contract)}
/* CRC-32 of the policy's file: which one this is */
#define ${P}_POLICY ${hex(program.crc)}
/* -D${P}_EXPECTS_CONTRACT=... where the program is built: the contract that it was written for */
#if defined(${P}_EXPECTS_CONTRACT)
#if ${P}_EXPECTS_CONTRACT != ${P}_CONTRACT
#error "the policy has another contract than the one that this program was written for"
#endif
#endif

#define ${P}_PERIOD_US ${program.period}ul
#define ${P}_OBSERVATIONS ${observations.length}
#define ${P}_ACTIONS ${actions.length}

/* places in the observation */
${macros('OBSERVATION', observations)}
/* places in the action */
${macros('ACTION', actions)}

/* initial values of arrays, in the units of the contract */
${bounds ? `#define ${P}_OBSERVATIONS_LOW ${list(bounds.low)}\n#define ${P}_OBSERVATIONS_HIGH ${list(bounds.high)}\n` : ''}#define ${P}_ACTIONS_LOW ${list(low)}
#define ${P}_ACTIONS_HIGH ${list(high)}
#define ${P}_FAILSAFE ${list(failsafe)}

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Work memory. Nothing in it outlives a call, and nothing needs to be in it before one. */
typedef struct ${p}_context {
${workMemory(program)
  .map(({ name, type, count }) => `  ${type} ${name}[${count}];`)
  .join('\n')}
} ${p}_context;

/* One inference. Observation and action must not overlap. Re-entrant: two calls need two contexts. */
void ${p}_step_r(${p}_context *context, const float observation[${P}_OBSERVATIONS], float action[${P}_ACTIONS]);

/* The same in static memory: not from two places at once. */
void ${p}_step(const float observation[${P}_OBSERVATIONS], float action[${P}_ACTIONS]);
${selfTest === '' ? '' : `\n#ifdef ${selfTest}`}
/* 0: this compiler and machine give the policy's actions, bit for bit. -1: its float arithmetic is not IEEE 754 (subnormal
 * numbers flushed?). n > 0: vector n - 1 came out different. */
int ${p}_self_test(void);
${selfTest === '' ? '' : '#endif\n'}
#ifdef __cplusplus
}
#endif

#endif
`
}

/** In a source: it and the header are of one export. */
export const sameExport = ({ crc }: Program, { lower: p, upper: P }: Prefix): string => `#if ${P}_POLICY != ${hex(crc)}
#error "${p}.h is of another policy than this file"
#endif
`
