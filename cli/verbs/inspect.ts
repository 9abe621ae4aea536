import { verifyPolicy } from '../../firmware-bridge/host/signing.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { type DecodedPolicy, decodePolicy } from '../../runtime-as/format/decode.ts'
import { type Contract, observationBounds } from '../../runtime-as/format/network.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { dataFormats, isData, openLog } from '../../trainer/data/formats.ts'
import { dashed, type Mapping } from '../../trainer/data/mapping.ts'
import { type Summary, summarise } from '../../trainer/data/summary.ts'
import { readAs } from '../../trainer/files/open.ts'
import { teacherContract } from '../../trainer/teachers/contract.ts'
import { importTeacher, teacherKinds } from '../../trainer/teachers/import.ts'
import { partsOf } from '../../trainer/teachers/parts.ts'
import { type Teacher, teacherFile, teacherParameters, teacherWeights } from '../../trainer/teachers/teacher.ts'
import { addDataOptions, columnsOf, type GivenData } from '../data-options.ts'
import { readKeyFile, signatureLine } from '../keys.ts'
import { describeData } from '../report/data.ts'
import { plainTable } from '../report/table.ts'
import { grouped, printable } from '../report/words.ts'
import { printResult, warn, withProgress } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

export const inspectVerb = addDataOptions(
  verb('inspect <file>', {
    group: 'Look at it:',
    description: 'says what is in a .bpd policy, a teacher, or a data set of any format',
    example: 'bpd inspect models/pendulum/student.bpd',
  }).option('--key <file>', "verifies a policy's signature with this key"),
).action(run)

async function run(path: string, { json, key, ...given }: CommonOptions & GivenData & { key?: string }): Promise<void> {
  const file = teacherFile(path)
  const { mapping, missing } = columnsOf(given)
  if (key === undefined && isData(file)) {
    const summary = await inspectData(file, mapping)
    // arrays may be a teacher's
    if (summary.unknown.length < 2 || !(await isTeacher(file))) {
      printResult(json, { kind: 'data', file, ...summary }, () => describeData(file, summary))
      return
    }
  }
  const [role] = Object.keys(mapping ?? {})
  if (role ?? missing)
    throw new InputError(`--${role ? dashed(role) : 'missing'}: of a data set, which ${file} is not: expected none`)
  const { kind, bytes } = readAs(file, ['policy', ...teacherKinds, ...(key === undefined ? dataKinds : [])])
  if (kind !== 'policy') {
    if (key !== undefined) throw new InputError(`--key: ${file} is a teacher, expected a signed policy`)
    const { teacher: found, warnings } = await importTeacher(file)
    const teacher = inspectTeacher(found, file)
    for (const warning of warnings) warn(`${file}: ${warning}`)
    printResult(json, teacher, () => describeTeacher(teacher))
    return
  }
  // recomputes the golden vectors
  loadPolicy(bytes, file)
  if (key !== undefined) verifyPolicy(bytes, readKeyFile(key), file)
  const policy = inspectPolicy(decodePolicy(bytes, file), file)
  const signature = policy.signature ? { ...policy.signature, verified: key !== undefined } : null
  printResult(json, { ...policy, signature }, () => describePolicy(policy, key))
}

const dataKinds = dataFormats.map(({ kind }) => kind)

const isTeacher = (file: string): Promise<boolean> =>
  importTeacher(file).then(
    () => true,
    () => false,
  )

async function inspectData(file: string, mapping?: Mapping): Promise<Summary> {
  const log = await openLog(file)
  try {
    return await withProgress(`reading ${file}`, () => summarise(log, mapping))
  } finally {
    log.close()
  }
}

function inspectPolicy({ network, layers, goldens, ...decoded }: DecodedPolicy, file: string) {
  const described = layers.map((layer, i) => ({ ...layer, activation: network.layers[i].activation }))
  return { kind: 'policy' as const, file, ...decoded, layers: described, goldenVectors: goldens.length }
}

function inspectTeacher(teacher: Teacher, file: string) {
  const { network, squash, actionLow, actionHigh, metadata } = teacher
  const parameters = teacherParameters(teacher)
  return {
    kind: 'teacher' as const,
    file,
    /** whether students and boards have its layers too */
    plain: network !== undefined,
    layers: partsOf(teacher),
    parameters,
    weights: teacherWeights(teacher),
    bytes: 4 * parameters,
    squash,
    ...(actionLow && { actionLow, actionHigh }),
    contract: teacherContract(teacher),
    metadata,
  }
}

function describePolicy(policy: ReturnType<typeof inspectPolicy>, key: string | undefined): string {
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
    policy.signature ? `signed       ${signatureLine(policy.signature, key)}` : 'signature    none',
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
  const { actionLow, actionHigh, squash, contract } = teacher
  const actions = contract.action?.names
  return [
    `${teacher.file}: ${teacher.plain ? 'dense teacher' : 'teacher of more than ReLU and tanh: it runs here; on a board a dense network of its sizes stands for it'}`,
    plainTable(
      ['layer', 'inputs', 'outputs', 'activation', 'weights'],
      teacher.layers.map(({ part, columns, rows, activation, weights }, i) => [
        part === undefined ? `${i + 1}` : `${i + 1} ${part}`,
        grouped(columns),
        grouped(rows),
        activation,
        grouped(weights),
      ]),
    ),
    `parameters   ${grouped(teacher.parameters)}, ${grouped(teacher.bytes)} B as f32`,
    ...(contract.observation ? [`observation  ${contract.observation.names.map(printable).join(', ')}`] : []),
    ...(actionLow?.map(
      (low, i) => `action ${printable(actions?.[i] ?? `${i}`).padEnd(5)} from ${low} to ${actionHigh?.[i]} (${squash})`,
    ) ?? [
      `action       ${actions ? `${actions.map(printable).join(', ')}: ` : ''}as the last layer gives it; no bounds known`,
    ]),
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
