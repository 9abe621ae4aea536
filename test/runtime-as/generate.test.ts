import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { decodePolicy } from '../../runtime-as/decode.ts'
import { encodePolicy } from '../../runtime-as/encode.ts'
import { generateC } from '../../runtime-as/generate/c.ts'
import { generateOnnx } from '../../runtime-as/generate/onnx.ts'
import { type Program, readProgram } from '../../runtime-as/generate/program.ts'
import { generateWasm } from '../../runtime-as/generate/wasm.ts'
import type { Activation } from '../../runtime-as/network.ts'
import { loadPolicy } from '../../runtime-as/policy.ts'
import { quantise } from '../../trainer/distill/quantise.ts'
import { anyNetwork, awkwardObservation, bits, contractFor, observationsFor, randomNetwork } from './networks.ts'

const shipped = readFileSync(fileURLToPath(new URL('../../models/pendulum/student.bpd', import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'bpd-generate-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Ordinary and awkward ones: NaN, infinities, -0, huge and denormal numbers. */
function observationsOf(inputs: number, seed: number): Float32Array[] {
  const awkward = [0, 0.02, 0.3, 1].map((share, i) => awkwardObservation(inputs, seed + i, share))
  return [...awkward, new Float32Array(inputs).fill(Number.NaN), new Float32Array(inputs)]
}

function kernelActions(file: Uint8Array, observations: Float32Array[]): number[][] {
  const policy = loadPolicy(file)
  const action = new Float32Array(policy.contract.action.names.length)
  return observations.map((observation) => {
    policy.stepInto(observation, action)
    return bits(action)
  })
}

function wasmActions({ actions, observations: names, ...rest }: Program, observations: Float32Array[]): number[][] {
  const module = new WebAssembly.Module(generateWasm({ actions, observations: names, ...rest }))
  const { memory, observation, action, step } = new WebAssembly.Instance(module).exports as unknown as {
    memory: WebAssembly.Memory
    observation: WebAssembly.Global<'i32'>
    action: WebAssembly.Global<'i32'>
    step(): void
  }
  const x = new Float32Array(memory.buffer, observation.value, names.length)
  const y = new Float32Array(memory.buffer, action.value, actions.length)
  return observations.map((values) => {
    x.set(values)
    step()
    return bits(y)
  })
}

describe('the generated WebAssembly module returns the bits of the kernel', () => {
  it('for random networks of any size, density, activation and squash, whatever the observation', () => {
    fc.assert(
      fc.property(anyNetwork, ({ network, squash, seed }) => {
        const file = encodePolicy(network, contractFor(network, squash), observationsFor(network, 1, seed))
        const observations = observationsOf(network.layers[0].inputs, seed)
        expect(wasmActions(readProgram(file), observations)).toEqual(kernelActions(file, observations))
      }),
      { numRuns: 40, seed: 4 },
    )
  })

  it('for the shipped student', () => {
    const observations = observationsOf(3, 1)
    expect(wasmActions(readProgram(shipped), observations)).toEqual(kernelActions(shipped, observations))
  })

  it.each(['f16', 'int8'] as const)('for weights stored as %s', (values) => {
    const network = quantise(randomNetwork([9, 61, 50, 3], [0.4, 0.1, 1]), values, [new Float32Array(9)])
    const file = encodePolicy(network, contractFor(network), observationsFor(network, 1))
    const observations = observationsOf(9, 2)
    expect(wasmActions(readProgram(file), observations)).toEqual(kernelActions(file, observations))
    if (hasGcc) expect(selfTest(file, finite(observations), ['-O2'])).toBe(0)
  })

  it('and refuses whole-number policies in one line', () => {
    const network = quantise(
      randomNetwork([9, 20, 3], 0.5),
      'int8-fixed',
      observationsFor(randomNetwork([9, 3], 1), 20),
    )
    const file = encodePolicy(network, contractFor(network), observationsFor(network, 1))
    expect(() => readProgram(file, 'p.bpd')).toThrow('p.bpd: values: int8-fixed, expected f32, f16 or int8')
  })

  it('and the failsafe action for NaN', () => {
    const network = randomNetwork([3, 8, 2], 1)
    const file = encodePolicy(network, contractFor(network), observationsFor(network, 1))
    const { contract } = decodePolicy(file)
    const nan = [Float32Array.of(1, Number.NaN, 2)]
    expect(wasmActions(readProgram(file), nan)[0]).toEqual(bits(Float32Array.from(contract.action.failsafe)))
  })
})

const hasGcc = spawnSync('gcc', ['--version'], { stdio: 'ignore' }).status === 0

/** Exit status of the self-test whose golden vectors are these observations and the kernel's actions. */
function selfTest(file: Uint8Array, observations: Float32Array[], flags: string[], spoil = false): number | null {
  const actions = kernelActions(file, observations).map((row) => new Float32Array(Uint32Array.from(row).buffer))
  if (spoil) actions[2][0] *= 1.0000002
  const goldens = observations.map((observation, i) => ({ observation, action: actions[i] }))
  const { source, header } = generateC({ ...readProgram(file), goldens }, 'policy', 'policy.h')
  writeFileSync(join(folder, 'policy.c'), source)
  writeFileSync(join(folder, 'policy.h'), header)
  const warnings = ['-Wall', '-Wextra', '-Werror', '-pedantic']
  const built = spawnSync('gcc', [...flags, ...warnings, '-DPOLICY_SELF_TEST', 'policy.c', '-o', 'policy'], {
    ...{ cwd: folder, encoding: 'utf8' },
  })
  expect(built.stderr).toBe('')
  return spawnSync(join(folder, 'policy')).status
}

/** Awkward observations as they can stand in C: NaN and infinities come from the test of the module above. */
const finite = (observations: Float32Array[]) =>
  observations.map((values) => values.map((x) => (Number.isFinite(x) ? x : 1e38)))

describe.skipIf(!hasGcc)('the generated C, compiled by gcc, returns the bits of the kernel', () => {
  it.each([
    ['as C99 without optimisation', ['-std=c99', '-O0']],
    ['with fused multiply-add at hand and GNU C, where gcc fuses unless told', ['-O2', '-march=native']],
  ])('%s', (_, flags) => {
    expect(selfTest(shipped, finite(observationsOf(3, 3)), flags)).toBe(0)
    for (const [i, hidden] of (['relu', 'tanh', 'none'] as Activation[]).entries()) {
      const squash = i === 1 ? 'clip' : 'tanh'
      const network = randomNetwork([9, 60, 50, 3], [0.4, 0.1, 1], { seed: i, hidden, squash })
      const file = encodePolicy(network, contractFor(network, squash), observationsFor(network, 1))
      expect(selfTest(file, finite(observationsOf(9, 7 * i)), flags)).toBe(0)
    }
  })

  it('and names the golden vector that differs by a bit', () => {
    expect(selfTest(shipped, observationsFor(decodePolicy(shipped).network, 4), ['-O1'], true)).toBe(3)
  })

  it('needs no library', () => {
    const { source, header } = generateC(readProgram(shipped), 'policy', 'policy.h')
    writeFileSync(join(folder, 'policy.c'), source)
    writeFileSync(join(folder, 'policy.h'), header)
    spawnSync('gcc', ['-O2', '-c', 'policy.c', '-o', 'policy.o'], { cwd: folder })
    const { stdout } = spawnSync('nm', ['policy.o'], { cwd: folder, encoding: 'utf8' })
    expect(stdout).toContain(' T policy_step')
    expect(stdout).not.toMatch(/ U (?!_GLOBAL_OFFSET_TABLE_)/)
  })

  it('refuses -ffast-math', () => {
    const { stderr } = spawnSync('gcc', ['-ffast-math', '-c', 'policy.c'], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toContain('compile this file without it')
  })
})

interface OnnxRuntime {
  InferenceSession: {
    create(model: Uint8Array): Promise<{ run(feeds: object): Promise<{ action: { data: Float32Array } }> }>
  }
  Tensor: new (type: 'float32', values: Float32Array, shape: number[]) => unknown
}

/** 290 MB, and so no dependency: `npm install --no-save --ignore-scripts onnxruntime-node` */
function onnxRuntime(): OnnxRuntime | undefined {
  try {
    return createRequire(import.meta.url)('onnxruntime-node')
  } catch {
    return undefined
  }
}

describe.skipIf(onnxRuntime() === undefined)('the ONNX model, in onnxruntime-node', () => {
  it('stays within 1e-6 of the kernel', async () => {
    const { InferenceSession, Tensor } = onnxRuntime() as OnnxRuntime
    const network = randomNetwork([9, 60, 50, 3], [0.4, 0.1, 1])
    for (const file of [shipped, encodePolicy(network, contractFor(network), observationsFor(network, 1))]) {
      const policy = loadPolicy(file)
      const session = await InferenceSession.create(generateOnnx(readProgram(file)))
      const action = new Float32Array(policy.contract.action.names.length)
      for (const observation of observationsFor(decodePolicy(file).network, 50)) {
        policy.stepInto(observation, action)
        const feeds = { observation: new Tensor('float32', observation, [1, observation.length]) }
        const { data } = (await session.run(feeds)).action
        const { low, high } = policy.contract.action
        for (const [i, value] of action.entries()) {
          expect(Math.abs(value - data[i]) / Math.max(1, high[i] - low[i])).toBeLessThan(1e-6)
        }
      }
    }
  })
})
