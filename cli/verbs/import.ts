/** A teacher from elsewhere as one of ours: `bpd import FILE`. */
import { basename } from 'node:path'
import { Option } from 'commander'
import { claimFolder } from '../../trainer/files/claim.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { createTask, prepareTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { teacherContract } from '../../trainer/teachers/contract.ts'
import { type OutputKind, outputKinds } from '../../trainer/teachers/format.ts'
import { type ImportOptions, importTeacher } from '../../trainer/teachers/import.ts'
import { readSafetensors, writeSafetensors } from '../../trainer/teachers/safetensors.ts'
import { requireFit, type Teacher, teacherParameters, teacherSizes } from '../../trainer/teachers/teacher.ts'
import { cardOf, contractFile, teacherFiles, writeModel } from '../card.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult, warn } from '../terminal.ts'
import { type CommonOptions, integer, list, number, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  vecnormalize?: string
  task?: string
  inputs?: number
  observations?: number
  activation?: string
  output?: OutputKind
  actionLow?: number[]
  actionHigh?: number[]
  licence?: string
  out: string
}

export const importVerb = verb('import <file>', {
  group: 'Make a teacher:',
  description:
    'reads an ONNX model, a PyTorch file, a Stable-Baselines3 archive, safetensors or an npz of a policy; writes teacher.safetensors, contract.json and card.json',
  example: 'bpd import policy.onnx --out runs/go1',
})
  .option('--observations <n>', 'how many it takes, where the file leaves that open', integer(1))
  .option('--activation <name>', 'of the hidden layers, where the file does not say it: elu, relu, tanh, …')
  .addOption(
    new Option('--output <kind>', 'what becomes of the last layer, where the file does not say it').choices(
      outputKinds,
    ),
  )
  .option('--action-low <list>', 'least actions: one number for all, or one each', list(number()))
  .option('--action-high <list>', 'greatest actions', list(number()))
  .option('--vecnormalize <file>', "an archive's statistics (default: vecnormalize.pkl beside it, if there is one)")
  .option('--task <task>', 'refuses a teacher that does not fit the task')
  .option('--inputs <n>', 'keeps the first n observations and takes the others as zero', integer(1))
  .option('--licence <text>', "its licence, for the card (default: what the file's metadata say)")
  .requiredOption('--out <folder>', 'where the teacher, its contract and its card go')
  .addOption(forceOption())
  .action(run)

async function run(
  file: string,
  { vecnormalize, task, licence, out, force, json, ...options }: Options,
): Promise<void> {
  const said: ImportOptions = {
    statistics: vecnormalize,
    inputs: options.inputs,
    observations: options.observations,
    activation: options.activation,
    output: options.output,
    actionLow: options.actionLow,
    actionHigh: options.actionHigh,
  }
  const imported = await importTeacher(file, said)
  const { teacher, statistics, warnings } = imported
  if (task !== undefined) await prepareTask(task)
  const spec = task === undefined ? undefined : createTask(task).spec
  if (spec) requireFit(teacher, spec, file)
  const bytes = licence === undefined ? imported.bytes : withLicence(imported.bytes, licence)
  const { metadata } = teacher
  const facts = {
    algorithm: (metadata.algorithm ?? 'unknown').toUpperCase(),
    ...sizesOf(teacher),
    source: { file: basename(file), sha256: sha256OfFile(file), stated: metadata.source ?? 'unknown' },
    ...(metadata.inputs === undefined ? {} : { inputs: metadata.inputs }),
    ...(statistics === undefined
      ? {}
      : { statistics: { file: basename(statistics), sha256: sha256OfFile(statistics) } }),
    ...(warnings.length > 0 && { warnings }),
  }
  const read = statistics === undefined ? [file] : [file, statistics]
  claimFolder(out, [...Object.values(teacherFiles), contractFile], { inputs: read, force })
  for (const warning of warnings) warn(`${file}: ${warning}`)
  const about = { task: spec?.name, origin: task === undefined ? undefined : taskOrigin(task) }
  const stated = licence ?? metadata.licence ?? 'unknown'
  const card = cardOf(teacherFiles, bytes, { ...about, licence: stated }, facts)
  const path = await writeModel(out, teacherFiles, bytes, card, teacherContract(teacher, spec?.name))
  printResult(json, card, () => `${path}: ${card.algorithm}, ${card.sizes.join('-')}`)
}

function sizesOf(teacher: Teacher) {
  const { observations, hidden, actions } = teacherSizes(teacher)
  return { sizes: [observations, ...hidden, actions], parameters: teacherParameters(teacher) }
}

/** The licence travels in the file, as its source does: a student's card takes it from there. */
function withLicence(bytes: Uint8Array, licence: string): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes, 'teacher.safetensors')
  return writeSafetensors({ tensors, metadata: { ...metadata, licence } })
}
