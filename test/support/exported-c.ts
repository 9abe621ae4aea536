/** Many policies as C in one program, built with any compiler and flags: their actions, their self-tests, and whether it fuses. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { generateC } from '../../runtime-as/exports/c.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import type { Activation, Contract } from '../../runtime-as/format/network.ts'
import { fileOf, kernelActions } from './generated.ts'
import { randomNetwork, uniform } from './networks.ts'
import { quantised } from './quantised.ts'

export interface ExportedPolicy {
  name: string
  file: Uint8Array
  /** of the C: names, and the code with its self-test */
  header: string
  source: string
  observations: Float32Array[]
}

const COUNT = 200
const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror']

export const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

const x64 = process.arch === 'x64'
/** that let a compiler fuse, as far as this kind of CPU has a choice */
export const FUSING = ['-ffp-contract=fast', '-march=native', ...(x64 ? ['-mfma'] : [])]
/** whether what is built so also runs here; else the disassembly is looked at alone */
const runs = !x64 || /\bfma\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))

const SHIPPED = fileURLToPath(new URL('../../models/', import.meta.url))

export const shippedPolicies = (): ExportedPolicy[] =>
  readdirSync(SHIPPED).map((name) => exported(name, readFileSync(join(SHIPPED, name, 'student.bpd'))))

/** Of 1 to 3 layers, any activation, squash and stored type, dense and sparse; small, so that hundreds compile in seconds. */
export function randomPolicies(count = COUNT): ExportedPolicy[] {
  return Array.from({ length: count }, (_, i) => {
    const random = uniform(77 * i + 1)
    const of = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]
    const width = (most: number) => 1 + Math.floor(random() * most)
    const sizes = [width(10), ...Array.from({ length: Math.floor(random() * 3) }, () => width(14)), width(4)]
    const densities = sizes.slice(1).map(() => of([1, 0.5, 0.2, 0.1]))
    const squash = of<Contract['squash']>(['tanh', 'clip'])
    const hidden = of<Activation>(['relu', 'relu', 'tanh', 'none'])
    const network = randomNetwork(sizes, densities, { seed: i, hidden, squash })
    return exported(`random${i}`, fileOf(quantised(network, of(['f32', 'f16', 'int8', 'mixed'])), squash, i))
  })
}

function exported(name: string, file: Uint8Array): ExportedPolicy {
  const program = readProgram(file, name)
  const { source, header } = generateC(program, name, `${name}.h`)
  const random = uniform(name.length + file.length)
  const observations = Array.from({ length: 300 }, (_, i) =>
    Float32Array.from(program.observations, () => 2 ** -(i % 4) * (4 * random() - 2)),
  )
  return { name, file, header, source, observations }
}

/** Observations of each policy in, their actions out. With an argument, the exit status of each self-test, as one byte. */
function driver(policies: ExportedPolicy[]): string {
  const upper = (name: string) => name.toUpperCase()
  return `#include <stdio.h>
${policies.map(({ name }) => `#define ${upper(name)}_SELF_TEST\n#include "${name}.h"`).join('\n')}
static float x[1024], y[1024];
#define RUN(name, upper, count) \\
  if (argc > 1) putchar(name##_self_test()); \\
  else for (int i = 0; i < count; i++) { \\
    if (fread(x, sizeof(float), upper##_OBSERVATIONS, stdin) != upper##_OBSERVATIONS) return 1; \\
    name##_step(x, y); \\
    fwrite(y, sizeof(float), upper##_ACTIONS, stdout); \\
  }
int main(int argc, char **argv) {
  (void)argv;
${policies.map(({ name, observations }) => `  RUN(${name}, ${upper(name)}, ${observations.length})`).join('\n')}
  return 0;
}
`
}

export interface Built {
  /** instructions of the policies that multiply and add at once */
  fused: number
  /** those whose actions have other bits than the kernel's; undefined: this CPU does not run it */
  differ?: string[]
  /** those whose self-test says so */
  noticed?: string[]
}

/** compiler: gcc, clang, g++ or clang++ */
export async function build(folder: string, policies: ExportedPolicy[], compiler: string, flags: string[]) {
  mkdirSync(folder, { recursive: true })
  const cxx = compiler.endsWith('++')
  const standard = cxx ? ['-x', 'c++', '-std=c++11'] : ['-std=c99']
  for (const { name, header, source } of policies) {
    writeFileSync(join(folder, `${name}.h`), header)
    const before = `#define ${name.toUpperCase()}_SELF_TEST\n#define main ${name}_main\n${cxx ? 'extern "C" int main(void);\n' : ''}`
    writeFileSync(join(folder, `${name}.c`), before + source)
  }
  writeFileSync(join(folder, 'driver.c'), driver(policies))
  const workers = availableParallelism()
  const compile = Array.from({ length: workers }, (_, k) => policies.filter((_, i) => i % workers === k))
    .filter(({ length }) => length > 0)
    .map((part) => [...WARNINGS, ...standard, ...flags, '-c', ...part.map(({ name }) => `${name}.c`)])
  await Promise.all(compile.map((words) => finished(compiler, words, folder)))
  const objects = policies.map(({ name }) => `${name}.o`)
  const code = spawnSync('objdump', ['-d', '--no-show-raw-insn', ...objects], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  expect(code.status).toBe(0)
  const fused = code.stdout.match(/\t(vfn?m(add|sub)|fn?m(add|sub|la|ls)\b)/g)?.length ?? 0
  if (!runs) return { fused }
  await finished(cxx ? 'gcc' : compiler, ['-c', 'driver.c'], folder)
  await finished(compiler, ['driver.o', ...objects, '-o', 'driver'], folder)
  return { fused, ...run(folder, policies) }
}

function run(folder: string, policies: ExportedPolicy[]): Pick<Built, 'differ' | 'noticed'> {
  const input = Buffer.concat(policies.flatMap(({ observations }) => observations.map((x) => Buffer.from(x.buffer))))
  const program = join(folder, 'driver')
  const actions = spawnSync(program, { input, maxBuffer: 2 ** 30 })
  const statuses = spawnSync(program, ['self-tests'])
  expect([actions.status, statuses.status]).toEqual([0, 0])
  let at = 0
  const differ = policies.filter(({ file, observations }) => {
    const expected = Buffer.from(Uint32Array.from(kernelActions(file, observations).flat()).buffer)
    const from = at
    at += expected.length
    return !expected.equals(actions.stdout.subarray(from, at))
  })
  expect(actions.stdout.length).toBe(at)
  const noticed = policies.filter((_, i) => statuses.stdout[i] !== 0)
  return { differ: differ.map(({ name }) => name), noticed: noticed.map(({ name }) => name) }
}

function finished(command: string, words: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    child.on('error', reject)
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`${command}: ${said.slice(0, 2000)}`))))
  })
}

/** The same code with loops over tables in place of straight lines. */
export const tabled = (policy: ExportedPolicy): ExportedPolicy => ({
  ...policy,
  source: `#define ${policy.name.toUpperCase()}_TABLES 1\n${policy.source}`,
})

/** The same code with nothing that keeps a compiler from fusing. */
export const unguarded = (policy: ExportedPolicy): ExportedPolicy => ({
  ...policy,
  source: policy.source.replace(/^#pragma .*$/gm, '').replace(/^#define \w+_REGISTER .*$/gm, ''),
})
