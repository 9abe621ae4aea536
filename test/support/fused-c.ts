/** A policy's C in which any single multiply-add can be fused while it runs, and a program that tries each: does the self-test notice? */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportedPolicy } from './exported-c.ts'

export interface Noticed {
  /** of single operations, of whole units, and of all at once (1): those whose fusing changes an action of the random observations */
  operations: number
  units: number
  all: number
  /** of those, how many the self-test reports */
  noticedOperations: number
  noticedUnits: number
  noticedAll: number
}

/** Every `rounded(w * x)` with the sum that it goes into becomes a call that knows its number and its unit's. */
function fusable(source: string): { text: string; sites: number } {
  let sites = 0
  let unit = 0
  let block = 0
  const call = (w: string, x: string, a: string) => `fusing(${sites++}, ${unit}, ${w}, ${x}, ${a})`
  const lines = source.split('\n').map((line) => {
    // the terms of a unit are not together: its number is that of its sum in its layer
    const layer = /^static void \w+_layer_(\d+)_(\d+)/.exec(line)
    if (layer) block = 100_000 * (Number(layer[1]) + 1) + 1000 * Number(layer[2])
    const term = /^( *)a(\d+) \+= \w+_rounded\((\S+) \* (\S+)\);$/.exec(line)
    if (term) {
      unit = block + Number(term[2])
      return `${term[1]}a${term[2]} = ${call(term[3], term[4], `a${term[2]}`)};`
    }
    unit = 0
    return line
      .replace(/(\w+) = \w+_rounded\((\w+) \* u\) \+ (\S+);/, (_, p, q, c) => `${p} = ${call(q, 'u', c)};`)
      .replace(/(-?[\d.e+-]+f) \+ \w+_rounded\((\S+) \* ([^)]+)\)/, (_, a, w, x) => call(w, x, a))
  })
  return { text: lines.join('\n'), sites }
}

const HEAD = `#include <math.h>
#include <stdio.h>
#include <string.h>
static int fused_site = -1, fused_unit = -1, fused_all = 0;
static float fusing(int site, int unit, float w, float x, float a) {
  if (fused_all || site == fused_site || (unit > 0 && unit == fused_unit)) return fmaf(w, x, a);
  volatile float product = w * x;
  return product + a;
}
`

const main = (name: string, count: number, sites: number, units: number[]): string => {
  const upper = name.toUpperCase()
  return `
#undef main
static float observations[${count}][${upper}_OBSERVATIONS];
static float plain[${count}][${upper}_ACTIONS];
static const int units[] = {${units.join(', ')}};
static int changes(void) {
  for (int i = 0; i < ${count}; i++) {
    float action[${upper}_ACTIONS];
    ${name}_step(observations[i], action);
    if (memcmp(action, plain[i], sizeof action)) return 1;
  }
  return 0;
}
int main(void) {
  if (fread(observations, sizeof observations, 1, stdin) != 1 || ${name}_self_test()) return 1;
  for (int i = 0; i < ${count}; i++) ${name}_step(observations[i], plain[i]);
  int changed[3] = {0, 0, 0}, noticed[3] = {0, 0, 0};
  for (int k = 0; k < ${sites} + ${units.length} + 1; k++) {
    const int kind = k < ${sites} ? 0 : k < ${sites} + ${units.length} ? 1 : 2;
    fused_site = kind == 0 ? k : -1;
    fused_unit = kind == 1 ? units[k - ${sites}] : -1;
    fused_all = kind == 2;
    if (!changes()) continue;
    changed[kind]++;
    if (${name}_self_test()) noticed[kind]++;
  }
  printf("[%d,%d,%d,%d,%d,%d]", changed[0], changed[1], changed[2], noticed[0], noticed[1], noticed[2]);
  return 0;
}
`
}

/** Needs gcc. */
export function fuseEach(folder: string, { name, header, source, observations }: ExportedPolicy): Noticed {
  const { text, sites } = fusable(source)
  const units = [...new Set([...text.matchAll(/fusing\(\d+, ([1-9]\d*),/g)].map(([, unit]) => Number(unit)))]
  const before = `${HEAD}#define ${name.toUpperCase()}_SELF_TEST\n#define main ${name}_main\n`
  writeFileSync(join(folder, `${name}.h`), header)
  writeFileSync(join(folder, 'fused.c'), before + text + main(name, observations.length, sites, units))
  execFileSync('gcc', ['-O1', '-ffp-contract=off', 'fused.c', '-o', 'fused', '-lm'], { cwd: folder, stdio: 'pipe' })
  const input = Buffer.concat(observations.map((x) => Buffer.from(x.buffer)))
  const { status, stdout } = spawnSync(join(folder, 'fused'), { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}: the self-test fails where nothing is fused`)
  const [operations, changed, all, noticedOperations, noticedUnits, noticedAll] = JSON.parse(stdout) as number[]
  return { operations, units: changed, all, noticedOperations, noticedUnits, noticedAll }
}
