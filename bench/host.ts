/**
 * Nanoseconds of one inference in Node, as one JSON object: dense teacher, student, straight-line module, a dense network of as many weights in
 * our own kernel, and the teacher in onnxruntime-node. Blocks of every measurement are interleaved and medians taken. On a busy
 * machine (`load` above a part of `cores`) onnxruntime-node, which answers from a thread of its own, looks slower than it is. `--write` stores it in
 * results/host.json. onnxruntime-node is 290 MB and not a dependency: `npm install --no-save --ignore-scripts onnxruntime-node@1.30.0`.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { generateOnnx } from '../runtime-as/exports/onnx.ts'
import { readProgram } from '../runtime-as/exports/program.ts'
import { generateWasm } from '../runtime-as/exports/wasm.ts'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { encodePolicy } from '../runtime-as/format/encode.ts'
import type { Layer } from '../runtime-as/format/network.ts'
import { loadPolicy } from '../runtime-as/kernel/policy.ts'
import { randomStream } from '../trainer/random.ts'
import { type BoardCase, boardCases } from './board-cases.ts'

const ROUNDS = 301
const WARM_UP = 60
/** shorter than a time slice, so that on a busy machine most blocks are whole */
const BLOCK_NANOSECONDS = 3e5
export const ONNXRUNTIME = 'onnxruntime-node@1.30.0'

type Run = () => unknown
/** What is used of onnxruntime-node, whose types are there only where it is installed. */
interface OnnxRuntime {
  InferenceSession: { create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<unknown> }> }
  Tensor: new (type: 'float32', values: Float32Array, shape: number[]) => unknown
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]
const round = (x: number, digits = 4) => Number(x.toPrecision(digits))

/** Nanoseconds a call; a call that returns a promise is awaited. */
async function block(work: Run, calls: number, waits: boolean): Promise<number> {
  const started = process.hrtime.bigint()
  if (waits) for (let i = 0; i < calls; i++) await work()
  else for (let i = 0; i < calls; i++) work()
  return Number(process.hrtime.bigint() - started) / calls
}

function kernelRun(file: Uint8Array): Run {
  const policy = loadPolicy(file)
  const { contract, goldens } = decodePolicy(file)
  const action = new Float32Array(contract.action.names.length)
  return () => policy.stepInto(goldens[0].observation, action)
}

function straightRun(file: Uint8Array): Run {
  const program = readProgram(file)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(generateWasm(program)))
  const memory = exports.memory as WebAssembly.Memory
  const step = exports.step as () => void
  const at = (name: string) => (exports[name] as WebAssembly.Global).value as number
  const x = new Float32Array(memory.buffer, at('observation'), program.observations.length)
  const y = new Float32Array(memory.buffer, at('action'), program.actions.length)
  const { observation } = program.goldens[0]
  const action = new Float32Array(y.length)
  return () => {
    for (let i = 0; i < x.length; i++) x[i] = observation[i]
    step()
    for (let i = 0; i < y.length; i++) action[i] = y[i]
  }
}

/** The teacher's own model, one thread: as fast as it gets at this size. */
async function onnxRun(file: Uint8Array): Promise<Run | undefined> {
  let runtime: OnnxRuntime
  try {
    runtime = createRequire(import.meta.url)('onnxruntime-node')
  } catch {
    return undefined
  }
  const { InferenceSession, Tensor } = runtime
  const program = readProgram(file)
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
  const session = await InferenceSession.create(generateOnnx(program), options)
  const { observation } = program.goldens[0]
  const feeds = { observation: new Tensor('float32', observation, [1, observation.length]) }
  return () => session.run(feeds)
}

/** Two hidden layers of equal width, within half a unit of as many weights. */
function denseOf(file: Uint8Array): { file: Uint8Array; weights: number } {
  const { contract, goldens, weights } = decodePolicy(file)
  const [inputs, outputs] = [contract.observation.names.length, contract.action.names.length]
  const ends = inputs + outputs
  const width = Math.max(1, Math.round((Math.sqrt(ends * ends + 4 * weights) - ends) / 2))
  return denseFile([inputs, width, width, outputs], contract, goldens)
}

function denseFile(
  sizes: number[],
  contract: Parameters<typeof encodePolicy>[1],
  goldens: { observation: Float32Array }[],
) {
  const random = randomStream(1, 'bench', 'equal dense')
  const last = contract.squash === 'tanh' ? ('tanh' as const) : ('none' as const)
  const layers = sizes.slice(1).map((outputs, l): Layer => {
    const weights = Float32Array.from({ length: outputs * sizes[l] }, () => 0.2 * random.normal())
    const activation = l === sizes.length - 2 ? last : 'relu'
    return { inputs: sizes[l], outputs, activation, weights, bias: new Float32Array(outputs) }
  })
  const file = encodePolicy(
    { layers },
    contract,
    goldens.map(({ observation }) => observation),
  )
  return { file, weights: layers.reduce((sum, layer) => sum + layer.weights.length, 0) }
}

/** What is left of a step without a network: one layer that has no weight. */
function emptyOf(file: Uint8Array): Uint8Array {
  const { contract, goldens } = decodePolicy(file)
  const [inputs, outputs] = [contract.observation.names.length, contract.action.names.length]
  const activation = contract.squash === 'tanh' ? ('tanh' as const) : ('none' as const)
  const layer: Layer = {
    inputs,
    outputs,
    activation,
    bias: new Float32Array(outputs),
    weights: new Float32Array(inputs * outputs),
  }
  return encodePolicy({ layers: [layer] }, contract, [goldens[0].observation])
}

async function measure({ name, dense, student }: BoardCase) {
  const equal = denseOf(student)
  const runs: Record<string, Run | undefined> = {
    teacher: kernelRun(dense),
    student: kernelRun(student),
    straight: straightRun(student),
    equalDense: kernelRun(equal.file),
    call: kernelRun(emptyOf(student)),
    onnxruntime: await onnxRun(dense),
  }
  const times: Record<string, number[]> = {}
  const calls: Record<string, number> = {}
  for (let i = -WARM_UP; i < ROUNDS; i++) {
    for (const [key, work] of Object.entries(runs)) {
      if (!work) continue
      const time = await block(work, calls[key] ?? 200, key === 'onnxruntime')
      calls[key] = Math.max(10, Math.round(BLOCK_NANOSECONDS / time))
      times[key] ??= []
      if (i >= 0) times[key].push(time)
    }
  }
  const of = (key: string) => median(times[key])
  const ratio = (a: string, b: string) => round(median(times[a].map((time, i) => time / times[b][i])))
  const { weights } = decodePolicy(student)
  const onnx = runs.onnxruntime && {
    onnxruntimeNs: round(of('onnxruntime')),
    vsOnnxruntime: ratio('onnxruntime', 'student'),
    straightVsOnnxruntime: ratio('onnxruntime', 'straight'),
  }
  return {
    case: name,
    weights,
    teacherNs: round(of('teacher')),
    studentNs: round(of('student')),
    straightNs: round(of('straight')),
    equalDenseNs: round(of('equalDense')),
    equalDenseWeights: equal.weights,
    ...onnx,
    vsEqualDense: ratio('student', 'equalDense'),
    straightVsEqualDense: ratio('straight', 'equalDense'),
    callNs: round(of('call')),
    nsPerWeight: { indexed: round(of('student') / weights), straight: round(of('straight') / weights) },
  }
}

const rows: Awaited<ReturnType<typeof measure>>[] = []
for (const one of await boardCases()) rows.push(await measure(one))
if (rows.some((row) => !('onnxruntimeNs' in row))) {
  console.error(
    `onnxruntime-node: not installed, its column is left out (npm install --no-save --ignore-scripts ${ONNXRUNTIME})`,
  )
}
const machine = { cpu: cpus()[0].model, cores: availableParallelism(), node: process.version, load: loadavg()[0] }
const result = { machine, onnxruntime: ONNXRUNTIME, rounds: ROUNDS, rows }
const written = `${JSON.stringify(result, null, 2)}\n`
if (process.argv.includes('--write')) {
  writeFileSync(fileURLToPath(new URL('results/host.json', import.meta.url)), written)
}
process.stdout.write(written)
