/** What an engineer reads who is handed the folder. */
import { workBytes } from '../c/memory.ts'
import type { Program } from '../program.ts'
import { costTable } from './costs.ts'
import { plain, versionOf } from './manifests.ts'

const row = (cells: (string | number)[]): string => `| ${cells.join(' | ')} |`

function table(head: string[], rows: (string | number)[][]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** A name and the unit in brackets behind it, as a cell. */
function split(name: string): [string, string] {
  const [, text, unit] = /^(.*?)\s*(?:\[([^\]]*)\])?$/s.exec(name) as RegExpExecArray
  return [cell(text), cell(unit ?? '')]
}

/** Nothing in it is markup. */
const cell = (text: string): string =>
  [...text].map((c) => (/[\p{L}\p{N} .,:/()%°²³·-]/u.test(c) ? c : /\s/.test(c) ? ' ' : `\\${c}`)).join('')

/** Prose at 100 columns; tables, headings and code as they are. */
function wrapped(text: string): string {
  const blocks = text.split('\n\n').map((block) => {
    if (/^([|#]|```)/.test(block)) return block
    const lines = ['']
    for (const word of block.trim().split(/\s+/)) {
      const line = lines[lines.length - 1]
      if (line === '') lines[lines.length - 1] = word
      else if (line.length + 1 + word.length <= 100) lines[lines.length - 1] = `${line} ${word}`
      else lines.push(word)
    }
    return lines.join('\n')
  })
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

export function readme(program: Program, name: string): string {
  return wrapped(text(program, name))
}

function text(program: Program, name: string): string {
  const P = name.toUpperCase()
  const { task, observations, actions, low, high, failsafe, bounds, period, weights, layers, fileBytes } = program
  const outside = bounds
    ? `A number outside its bounds is ${bounds.outside === 'clamp' ? 'limited to them' : 'refused: the action is the failsafe'}; NaN makes the action the failsafe.`
    : 'There are no bounds. NaN makes the failsafe of every action that it reaches.'
  return `# ${name}

A control policy for ${cell(plain(task))}: ${weights.toLocaleString('en')} weights in ${layers.length} layers, one action every ${period.toLocaleString('en')} µs. Plain C, static
memory, no library. Its actions are the same 32 bits on every chip and compiler, and
\`${name}_self_test()\` proves it on yours. Version ${versionOf(program)}; written by \`bpd export --form package\`.

## Put it in

| build system | what to do |
| --- | --- |
| Arduino | copy the folder into \`libraries/\`; Examples > ${name} > SelfTest |
| PlatformIO | copy it into \`lib/\`, or \`lib_deps = file:///path/to/${name}\` |
| ESP-IDF | copy it into \`components/\`; \`REQUIRES ${name}\` |
| Zephyr | \`-DZEPHYR_EXTRA_MODULES=/path/to/${name}\`, \`CONFIG_${P}=y\` |
| CMake | \`add_subdirectory(${name})\`, \`target_link_libraries(app ${name})\` |
| anything else | compile \`src/${name}.c\`; \`src/${name}_self_test.c\` where you test |

\`\`\`c
#include "${name}.h"
float observation[${P}_OBSERVATIONS], action[${P}_ACTIONS];
if (${name}_self_test() != 0) stop(); /* once, at start */
${name}_step(observation, action);    /* every ${P}_PERIOD_US */
\`\`\`

\`${name}_step_r(&context, observation, action)\` is the same in memory of yours, for two at a time. \`-D${P}_EXPECTS_CONTRACT=0x${program.contract.toString(16).padStart(8, '0')}u\` makes a
build fail where a policy with another contract takes this one's place. All names begin with
\`${name}\`, so several policies link into one program.

## Contract

Contract 0x${program.contract.toString(16).padStart(8, '0')}, policy 0x${program.crc.toString(16).padStart(8, '0')}. ${outside}

${table(
  ['observation', 'name', 'unit', ...(bounds ? ['low', 'high'] : [])],
  observations.map((item, i) => [i, ...split(item), ...(bounds ? [bounds.low[i], bounds.high[i]] : [])]),
)}

An action is within its bounds whatever the observation.

${table(
  ['action', 'name', 'unit', 'low', 'high', 'failsafe'],
  actions.map((item, i) => [i, ...split(item), low[i], high[i], failsafe[i]]),
)}

## What it costs

RAM: ${workBytes(program).toLocaleString('en')} bytes, the static context of \`${name}_step\`; nothing for \`${name}_step_r\`, whose context is yours.
No heap, no recursion. The policy's file has ${fileBytes.toLocaleString('en')} bytes.

${costTable(program)}

## The same bits

gcc and clang, -O0 to -O3 and -Os, with or without fused multiply-add: the code keeps every product
rounded by itself, and refuses -ffast-math where it is compiled. Any other compiler must be told not
to fuse (\`-ffp-contract=off\` or its like). The self-test recomputes the policy's golden vectors and
such as notice fusing. It returns -1 where float arithmetic is not IEEE 754, as with
flush-to-zero, or with the Pico SDK's float routines: \`pico_set_float_implementation(app compiler)\`.
Interrupts that use the FPU must save its registers.

## MISRA C:2012

No heap, no recursion, no library call, no variable-length array, fixed-width integers, every loop
bounded by a constant of the policy. Deviations, all on purpose: 19.2 (a union reads a float's
bits), 18.4 (pointers step through tables), 15.5 (early returns), 15.6 (bodies of one statement
without braces), 13.3 (\`*y++ =\`), 10.1 and 10.8 (bits of a sign, an arithmetic shift that a
declaration checks), 20.7 and D4.9 (macros read flash), D4.3 (an empty \`asm\` keeps products
rounded), 1.2 (\`__restrict__\`, \`#pragma GCC optimize\`). Nobody has certified it.

## How it was made

\`\`\`json
${JSON.stringify(program.provenance, null, 1)
  .replace(/[^ -~\n]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  .replace(/`/g, '\\u0060')}
\`\`\`

## What was tried, and what was not

Compiled and run in bpd's own tests, to these bits: gcc and clang on Linux, Cortex-M0+, M4F and M33,
RV32IMC and RV32IMAFC in emulators, and as an Arduino library on an emulated ATmega. Compiled only:
Cortex-M3 and M7F, ESP8266 (there the tables lie in RAM: its loader copies constants). The manifests for
PlatformIO, ESP-IDF and Zephyr were checked by those projects' own rules; those three were not built.

## Licence

The code around the numbers: MIT (LICENSE). The numbers are the policy's own: what may be done with
them is for whoever trained it to say. \`url=\` in library.properties is yours to fill in before
you publish this.
`
}
