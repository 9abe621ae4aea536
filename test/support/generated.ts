/** Runs one policy in its forms: the kernel, the generated WebAssembly, the generated C under the host's gcc. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { generateC } from '../../runtime-as/exports/c.ts'
import { type Program, readProgram } from '../../runtime-as/exports/program.ts'
import { generateWasm } from '../../runtime-as/exports/wasm.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import type { Contract, Network } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { awkwardObservation, bits, contractFor, observationsFor } from './networks.ts'

export const folder = mkdtempSync(join(tmpdir(), 'bpd-generate-'))
afterAll(() => rmSync(folder, { recursive: true }))

export const hasGcc = spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0

export const fileOf = (network: Network, squash: Contract['squash'] = 'tanh', seed = 5): Uint8Array =>
  encodePolicy(network, contractFor(network, squash), observationsFor(network, 1, seed))

/** Ordinary and awkward ones: NaN, infinities, -0, huge and denormal numbers; one with a single NaN, one with a single infinity. */
export function observationsOf(inputs: number, seed: number): Float32Array[] {
  const awkward = [0, 0.02, 0.3, 1].map((share, i) => awkwardObservation(inputs, seed + i, share))
  const [nan, infinite] = [Number.NaN, Number.NEGATIVE_INFINITY].map((x, i) =>
    awkwardObservation(inputs, seed + 4 + i, 0).fill(x, seed % inputs, (seed % inputs) + 1),
  )
  return [...awkward, nan, infinite, new Float32Array(inputs).fill(Number.NaN), new Float32Array(inputs)]
}

export function kernelActions(file: Uint8Array, observations: Float32Array[]): number[][] {
  const policy = loadPolicy(file)
  const action = new Float32Array(policy.contract.action.names.length)
  return observations.map((observation) => {
    policy.stepInto(observation, action)
    return bits(action)
  })
}

export function wasmActions(program: Program, observations: Float32Array[]): number[][] {
  const module = new WebAssembly.Module(generateWasm(program))
  const { memory, observation, action, step } = new WebAssembly.Instance(module).exports as unknown as {
    memory: WebAssembly.Memory
    observation: WebAssembly.Global<'i32'>
    action: WebAssembly.Global<'i32'>
    step(): void
  }
  const x = new Float32Array(memory.buffer, observation.value, program.observations.length)
  const y = new Float32Array(memory.buffer, action.value, program.actions.length)
  return observations.map((values) => {
    x.set(values)
    step()
    return bits(y)
  })
}

const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror']

export function writeC(program: Program): void {
  const { source, header } = generateC(program, 'policy', 'policy.h')
  writeFileSync(join(folder, 'policy.c'), source)
  writeFileSync(join(folder, 'policy.h'), header)
}

function gcc(...words: string[]): void {
  expect(spawnSync('gcc', [...WARNINGS, ...words], { cwd: folder, encoding: 'utf8' }).stderr).toBe('')
}

/** Observations in, actions out, as bytes: NaN and infinities have no other way into C99. */
const DRIVER = `#include <stdio.h>
#include "policy.h"
int main(void) {
  float x[POLICY_OBSERVATIONS], y[POLICY_ACTIONS];
  while (fread(x, sizeof x, 1, stdin) == 1) {
    policy_step(x, y);
    if (fwrite(y, sizeof y, 1, stdout) != 1) return 1;
  }
  return 0;
}
`

export function cActions(file: Uint8Array, observations: Float32Array[], flags: string[]): number[][] {
  const program = readProgram(file)
  writeC(program)
  writeFileSync(join(folder, 'driver.c'), DRIVER)
  gcc(...flags, 'policy.c', 'driver.c', '-o', 'driver')
  const input = Buffer.concat(observations.map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength)))
  const { status, stdout } = spawnSync(join(folder, 'driver'), { input })
  expect(status).toBe(0)
  const actions = new Uint32Array(Uint8Array.from(stdout).buffer)
  const { length } = program.actions
  return observations.map((_, i) => [...actions.subarray(i * length, (i + 1) * length)])
}

/** Exit status of the self-test whose golden vectors are these observations and the kernel's actions. */
export function selfTest(file: Uint8Array, observations: Float32Array[], spoil = false): number | null {
  const actions = kernelActions(file, observations).map((row) => new Float32Array(Uint32Array.from(row).buffer))
  if (spoil) actions[2][0] *= 1.0000002
  writeC({ ...readProgram(file), goldens: observations.map((observation, i) => ({ observation, action: actions[i] })) })
  gcc('-O1', '-DPOLICY_SELF_TEST', 'policy.c', '-o', 'policy')
  return spawnSync(join(folder, 'policy')).status
}
