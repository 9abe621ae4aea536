/** A public teacher as one of ours: `bpd import FILE`. */
import { basename } from 'node:path'
import { parameterCount } from '../../runtime-as/format/network.ts'
import { claimFolder } from '../../trainer/files/claim.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { importTeacher } from '../../trainer/teachers/import.ts'
import { readSafetensors, writeSafetensors } from '../../trainer/teachers/safetensors.ts'
import { requireFit } from '../../trainer/teachers/teacher.ts'
import { cardOf, teacherFiles, writeModel } from '../card.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, integer, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  vecnormalize?: string
  task?: string
  inputs?: number
  licence?: string
  out: string
}

export const importVerb = verb('import <file>', {
  group: 'Make a teacher:',
  description: 'reads a safetensors teacher or a Stable-Baselines3 archive; writes teacher.safetensors and card.json',
  example: 'bpd import Hopper-v3.zip --vecnormalize vecnormalize.pkl --task hopper --out models/hopper',
})
  .option('--vecnormalize <file>', "the archive's statistics (default: vecnormalize.pkl beside it, if there is one)")
  .option('--task <task>', 'refuses a teacher that does not fit the task')
  .option('--inputs <n>', 'keeps the first n observations and takes the others as zero', integer(1))
  .option('--licence <text>', "its licence, for the card (default: what the file's metadata say)")
  .requiredOption('--out <folder>', 'where the teacher and its card go')
  .addOption(forceOption())
  .action(run)

async function run(file: string, { vecnormalize, task, inputs, licence, out, force, json }: Options): Promise<void> {
  const imported = await importTeacher(file, vecnormalize, inputs)
  const { teacher, statistics } = imported
  if (task !== undefined) {
    await prepareTask(task)
    requireFit(teacher, createTask(task).spec, file)
  }
  const bytes = licence === undefined ? imported.bytes : withLicence(imported.bytes, licence)
  const { layers } = teacher.network
  const { metadata } = teacher
  const facts = {
    algorithm: (metadata.algorithm ?? 'unknown').toUpperCase(),
    sizes: [layers[0].inputs, ...layers.map((layer) => layer.outputs)],
    parameters: parameterCount(teacher.network),
    source: { file: basename(file), sha256: sha256OfFile(file), stated: metadata.source ?? 'unknown' },
    ...(metadata.inputs === undefined ? {} : { inputs: metadata.inputs }),
    ...(statistics === undefined
      ? {}
      : { statistics: { file: basename(statistics), sha256: sha256OfFile(statistics) } }),
  }
  const read = statistics === undefined ? [file] : [file, statistics]
  claimFolder(out, Object.values(teacherFiles), { inputs: read, force })
  const stated = licence ?? metadata.licence ?? 'unknown'
  const card = cardOf(teacherFiles, bytes, { task, licence: stated }, facts)
  const path = await writeModel(out, teacherFiles, bytes, card)
  printResult(json, card, () => `${path}: ${card.algorithm}, ${card.sizes.join('-')}`)
}

/** The licence travels in the file, as its source does: a student's card takes it from there. */
function withLicence(bytes: Uint8Array, licence: string): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes, 'teacher.safetensors')
  return writeSafetensors({ tensors, metadata: { ...metadata, licence } })
}
