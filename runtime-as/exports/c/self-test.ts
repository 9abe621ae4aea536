/** The self-test of a policy's C, which computes known vectors again. */
import { fusionVectors } from '../fusion.ts'
import type { Program } from '../program.ts'
import { bits, flash, SOFT_FLOAT } from './guards.ts'
import { sameExport } from './header.ts'
import { float, type Prefix } from './text.ts'

/** The function, for the file of the policy. */
export function selfTest(program: Program, { lower: p, upper: P }: Prefix): string {
  const { goldens, observations, actions } = program
  const fused = program.multipliers ? [] : fusionVectors(program)
  const rows = (of: 'observation' | 'action') =>
    goldens.concat(fused).map((vector, i) => {
      const row = `  {${[...vector[of]].map(float).join(', ')}},`
      return i === goldens.length ? `#if ${P}_VECTORS > ${P}_GOLDENS\n${row}` : row
    })
  const end = fused.length > 0 ? '\n#endif' : ''
  return `
/* the policy's golden vectors${fused.length > 0 ? '; then, where there is an FPU, such as notice a fused multiply-add' : ''} */
#define ${P}_GOLDENS ${goldens.length}
#if ${SOFT_FLOAT}
#define ${P}_VECTORS ${P}_GOLDENS
#else
#define ${P}_VECTORS ${goldens.length + fused.length}
#endif
static const float ${p}_vector_observations[${P}_VECTORS][${observations.length}] ${P}_FLASH = {
${rows('observation').join('\n')}${end}
};
static const float ${p}_vector_actions[${P}_VECTORS][${actions.length}] ${P}_FLASH = {
${rows('action').join('\n')}${end}
};

static uint32_t ${p}_bits_of(float number) {
  union ${p}_bits u;
  u.number = number;
  return u.bits;
}

/* hidden from the compiler: what it computes while it compiles says nothing of this machine */
static int ${p}_arithmetic_is_ieee754(void) {
  const volatile float least_normal = 1.17549435e-38f, half = 0.5f, even = 16777216.0f, one = 1.0f, three = 3.0f;
  const volatile float subnormal = least_normal * half, sum = subnormal + subnormal;
  const volatile float tie = even + one, up = (even + 2.0f) + one, third = one / three, nothing = half - half;
  return ${p}_bits_of(subnormal) == 0x00400000u && ${p}_bits_of(sum) == 0x00800000u && ${p}_bits_of(tie) == 0x4b800000u &&
         ${p}_bits_of(up) == 0x4b800002u && ${p}_bits_of(third) == 0x3eaaaaabu && ${p}_bits_of(-nothing) == 0x80000000u;
}

int ${p}_self_test(void) {
  if (!${p}_arithmetic_is_ieee754()) return -1;
  for (int i = 0; i < ${P}_VECTORS; i++) {
    float observation[${observations.length}], action[${actions.length}];
    for (int k = 0; k < ${observations.length}; k++) {
      const volatile float value = ${P}_FLOAT(&${p}_vector_observations[i][k]);
      observation[k] = value;
    }
    ${p}_step(observation, action);
    for (int k = 0; k < ${actions.length}; k++) {
      if (${p}_bits_of(action[k]) != ${p}_bits_of(${P}_FLOAT(&${p}_vector_actions[i][k]))) return 1 + i;
    }
  }
  return 0;
}
`
}

/** The same as a file of its own: a linker leaves it and its vectors out where nobody calls it. */
export const selfTestFile = (program: Program, prefix: Prefix): string =>
  `/* The self-test of ${prefix.lower}.c. Written by bpd; SPDX-License-Identifier: MIT */
#include "${prefix.lower}.h"

${sameExport(program, prefix)}${flash(prefix)}${bits(prefix)}${selfTest(program, prefix)}`
