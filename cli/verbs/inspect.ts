import { type DecodedPolicy, decodePolicy } from '../../runtime-as/format/decode.ts'
import { type Contract, observationBounds, parameterCount, weightCount } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { isData, openLog } from '../../trainer/data/formats.ts'
import { type Summary, summarise } from '../../trainer/data/summary.ts'
import { readAs } from '../../trainer/files/open.ts'
import { decodeTeacher, denseBytes, type Teacher } from '../../trainer/teachers/teacher.ts'
import { addDataOptions, dataOptionsOf, type GivenData } from '../data-options.ts'
import { describeData } from '../report/data.ts'
import { plainTable } from '../report/table.ts'
import { grouped, printable } from '../report/words.ts'
import { printResult, withProgress } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

export const inspectVerb = addDataOptions(
  verb('inspect <file>', {
    group: 'Look at it:',
    description: 'says what is in a .bpd policy, a .safetensors teacher, or a data set of any format',
    example: 'bpd inspect models/pendulum/student.bpd',
  }),
).action(run)

async function run(file: string, { json, ...given }: CommonOptions & GivenData): Promise<void> {
  if (isData(file)) {
    const summary = await inspectData(file, given)
    printResult(json, { kind: 'data', file, ...summary }, () => describeData(file, summary))
    return
  }
  const { kind, bytes } = readAs(file, ['policy', 'teacher'])
  if (kind === 'teacher') {
    const teacher = inspectTeacher(decodeTeacher(bytes, file), file)
    printResult(json, teacher, () => describeTeacher(teacher))
    return
  }
  // recomputes the golden vectors
  loadPolicy(bytes, file)
  const policy = inspectPolicy(decodePolicy(bytes, file), file)
  printResult(json, policy, () => describePolicy(policy))
}

async function inspectData(file: string, given: GivenData): Promise<Summary> {
  const log = await openLog(file)
  try {
    return await withProgress(`reading ${file}`, () => summarise(log, dataOptionsOf(given).mapping))
  } finally {
    log.close()
  }
}

function inspectPolicy({ network, layers, goldens, ...decoded }: DecodedPolicy, file: string) {
  const described = layers.map((layer, i) => ({ ...layer, activation: network.layers[i].activation }))
  return { kind: 'policy' as const, file, ...decoded, layers: described, goldenVectors: goldens.length }
}

function inspectTeacher({ network, squash, actionLow, actionHigh, metadata }: Teacher, file: string) {
  const layers = network.layers.map((layer) => ({
    rows: layer.outputs,
    columns: layer.inputs,
    activation: layer.activation,
    weights: weightCount({ layers: [layer] }),
  }))
  const sizes = { parameters: parameterCount(network), weights: weightCount(network), bytes: denseBytes(network) }
  return { kind: 'teacher' as const, file, layers, ...sizes, squash, actionLow, actionHigh, metadata }
}

function describePolicy(policy: ReturnType<typeof inspectPolicy>): string {
  const { contract, layers } = policy
  const { names, low, high, failsafe } = contract.action
  const kept = (weights: number, dense: number) => `${((100 * weights) / dense).toFixed(1)} %`
  return [
    `${policy.file}: policy for ${printable(contract.task)}, an action every ${contract.period} s`,
    plainTable(
      ['layer', 'inputs', 'outputs', 'activation', 'stored', 'values', 'weights', 'kept', 'live units'],
      layers.map(({ columns, rows, activation, form, values, weights, liveUnits }, i) => [
        `${i + 1}`,
        ...[columns, rows].map(grouped),
        activation,
        form,
        values,
        grouped(weights),
        kept(weights, rows * columns),
        grouped(liveUnits),
      ]),
    ),
    `weights      ${grouped(policy.weights)}`,
    `bytes        ${grouped(policy.fileBytes)}, of which a board reads ${grouped(policy.coreBytes)} to run it`,
    ...describeObservation(contract),
    ...names.map(
      (name, i) =>
        `action       ${printable(name)} from ${low[i]} to ${high[i]}, failsafe ${failsafe[i]} (${contract.squash})`,
    ),
    `contract     ${policy.contractHash.toString(16).padStart(8, '0')}`,
    `golden       ${policy.goldenVectors} vectors, all reproduced here`,
    'provenance',
    ...lines(contract.provenance, '  '),
  ].join('\n')
}

/** One line; a line each where they have bounds. */
function describeObservation(contract: Contract): string[] {
  const names = contract.observation.names.map(printable)
  const bounds = observationBounds(contract)
  if (!bounds) return [`observation  ${names.join(', ')}`]
  const outside = { clamp: 'clamped', refuse: 'refused' }[bounds.outside]
  return names.map((name, i) => `observation  ${name} from ${bounds.low[i]} to ${bounds.high[i]}, outside: ${outside}`)
}

function describeTeacher(teacher: ReturnType<typeof inspectTeacher>): string {
  return [
    `${teacher.file}: dense teacher`,
    plainTable(
      ['layer', 'inputs', 'outputs', 'activation', 'weights'],
      teacher.layers.map(({ columns, rows, activation, weights }, i) => [
        `${i + 1}`,
        grouped(columns),
        grouped(rows),
        activation,
        grouped(weights),
      ]),
    ),
    `parameters   ${grouped(teacher.parameters)}, ${grouped(teacher.bytes)} B as f32`,
    ...teacher.actionLow.map((low, i) => `action ${i}     from ${low} to ${teacher.actionHigh[i]} (${teacher.squash})`),
    'metadata',
    ...lines(teacher.metadata, '  '),
  ].join('\n')
}

/** JSON, a key a line: maps open up, lists stay on theirs. */
function lines(map: object, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const opens = typeof value === 'object' && value !== null && !Array.isArray(value)
    const line = `${indent}${printable(key)}:`
    return opens ? [line, ...lines(value, `${indent}  `)] : [`${line} ${printable(JSON.stringify(value))}`]
  })
}
