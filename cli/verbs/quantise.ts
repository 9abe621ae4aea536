import { Option } from 'commander'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { type Contract, NETWORK_VALUES, type NetworkValues } from '../../runtime-as/format/network.ts'
import { requireContract } from '../../trainer/contract.ts'
import { doubtsOf } from '../../trainer/data/doubts.ts'
import { kindOfData } from '../../trainer/data/formats.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { type QuantisedByError, quantiseByError } from '../../trainer/distill/quantise-by-error.ts'
import { CALIBRATION, type QuantisedFile, quantiseFile } from '../../trainer/distill/quantise-file.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { createTask, prepareTask, requireListed } from '../../trainer/tasks/registry.ts'
import { addDataOptions, type Columns, columnsOf, type GivenData } from '../data-options.ts'
import { isJudgedByActions, openForPolicy } from '../distill/named-data.ts'
import { readPolicy } from '../files.ts'
import { addSigningOptions, type GivenSigning, type Signer, signatureOf, signerOf, signingInputs } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { percent } from '../report/words.ts'
import { printResult, warn, withProgress } from '../terminal.ts'
import { type CommonOptions, episodesOption, seedOption, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions, GivenSigning, Omit<GivenData, 'episodes'> {
  values: NetworkValues
  recipe: boolean
  task?: string
  data: string
  out: string
  seed: number
  episodes: number
}

/** episodes of the return before and after */
export const EPISODES = 100

export const valuesOption = () =>
  new Option(
    '--values <type>',
    'how the file stores weights; mixed: f16 where observations are read, int8 behind; int8-fixed is for processors without an FPU',
  ).choices(NETWORK_VALUES)

export const quantiseVerb = addDataOptions(
  addSigningOptions(
    verb('quantise <file>', {
      group: 'Make a student:',
      description:
        'stores the weights of a policy in fewer bytes, scales chosen on data; tells what that does to return or actions',
      example:
        'bpd quantise models/pendulum/student.bpd --values int8 --data runs/transitions.safetensors --out runs/small.bpd',
    })
      .addOption(valuesOption().makeOptionMandatory())
      .option('--no-recipe', 'leave the options of its training out of the file')
      .option('--task <task>', "the policy's task, where it is one of your own")
      .requiredOption('--data <file>', 'transitions from "bpd collect", or a log')
      .requiredOption('--out <file>', 'where the policy goes')
      .addOption(forceOption())
      .addOption(seedOption())
      .addOption(episodesOption(EPISODES)),
  ),
  ['observations', 'actions'],
).action(run)

async function run(file: string, options: Options): Promise<void> {
  const { values, recipe, task, data, out, force, seed, episodes, json } = options
  const { episodes: _, ...given } = options
  const columns = columnsOf(given)
  const sign = signerOf(options)
  const before = readPolicy(file)
  const { contract } = decodePolicy(before, file)
  // a contract may name what it likes, and no file may have a command started
  if (task === undefined && (isJudgedByActions(contract) || !isTransitions(data, columns)))
    return byError(file, before, contract, columns, options, sign)
  if (task === undefined) requireListed(contract.task, ', or your own with --task')
  const taskName = task ?? contract.task
  await prepareTask(taskName)
  const { spec } = createTask(taskName)
  requireContract(contract, spec, file)
  const transitions = readTransitions(data, spec)
  claimFiles([out], { inputs: [file, data, ...signingInputs(options)], force })
  for (const doubt of doubtsOf(transitions, CALIBRATION)) warn(`${data}: ${doubt}`)
  const { bytes: unsigned, ...record } = await quantiseShown(before, { values, recipe }, transitions, {
    name: file,
    seed,
    episodes,
    createTask: () => createTask(taskName),
  })
  const bytes = sign(unsigned, file)
  await writeFile(out, bytes)
  const { weights } = decodePolicy(bytes, out)
  const signature = signatureOf(bytes, out)
  const result = { task: spec.name, file: out, bytes: bytes.length, weights, signature, ...record }
  printResult(json, result, () => `${out}: ${weights} weights, ${bytes.length} bytes\n${describe(record)}`)
}

const isTransitions = (data: string, { mapping }: Columns) =>
  mapping === undefined && kindOfData(data) === 'transitions'

/** Without a simulator: the columns of the contract, and the error of the actions. */
async function byError(
  file: string,
  before: Uint8Array,
  contract: Contract,
  columns: Columns,
  options: Options,
  sign: Signer,
): Promise<void> {
  const { values, recipe, data: path, out, force, json } = options
  const data = await openForPolicy(path, columns, contract)
  claimFiles([out], { inputs: [file, path, ...signingInputs(options)], force })
  for (const doubt of doubtsOf(data, CALIBRATION)) warn(`${path}: ${doubt}`)
  const { bytes: unsigned, ...record } = quantiseByError(before, { values, recipe }, data, file)
  const bytes = sign(unsigned, file)
  await writeFile(out, bytes)
  const { weights } = decodePolicy(bytes, out)
  const signature = signatureOf(bytes, out)
  const result = { task: contract.task, file: out, bytes: bytes.length, weights, signature, ...record }
  printResult(json, result, () => `${out}: ${weights} weights, ${bytes.length} bytes\n${describeByError(record)}`)
}

/** One line: how far its actions are from those of the f32 weights. */
export function describeByError({ values, bytesBefore, error }: Omit<QuantisedByError, 'bytes'>): string {
  const { rmse, p99, max, rows } = error
  const figures = `RMSE ${percent(rmse)} of the range, 99 % within ${percent(p99)}, largest ${percent(max)}`
  return `${values}: actions against those as f32 (${bytesBefore} bytes): ${figures}, over ${rows} observations; no return was measured`
}

/** `quantiseFile` under a progress line. */
export const quantiseShown = (
  ...[file, storing, transitions, how]: Parameters<typeof quantiseFile>
): Promise<QuantisedFile> =>
  withProgress(`quantising ${how.name}`, async (progress) => {
    const quantised = await quantiseFile(file, storing, transitions, how, (done, all) =>
      progress.update(`quantising ${how.name}: ${done}/${all} episodes before and after`, done / all),
    )
    progress.done(`quantised ${how.name}`)
    return quantised
  })

/** One line: what became of the return. */
export function describe({ values, bytesBefore, returnBefore, returnAfter }: Omit<QuantisedFile, 'bytes'>): string {
  const [before, after] = [returnBefore.mean.toFixed(2), returnAfter.mean.toFixed(2)]
  return `${values}: return ${before} as f32 (${bytesBefore} bytes), ${after} now, over ${returnAfter.episodes} episodes`
}
