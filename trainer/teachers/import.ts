/** Public teachers of every format as one of our teacher files. */
import { InputError } from '../../runtime-as/errors.ts'
import { readAs } from '../files/open.ts'
import { cutInputs } from './cut-inputs.ts'
import type { Read, Said } from './format.ts'
import { teacherFormats } from './formats.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { decodeTeacher, type Teacher, teacherFile } from './teacher.ts'

/** An imported teacher. */
export interface Imported {
  /** safetensors, as `loadTeacher` reads it */
  bytes: Uint8Array
  teacher: Teacher
  /** the statistics of the observations that were used */
  statistics?: string
  /** what the user should know of it, a line each */
  warnings: readonly string[]
}

/** What the file of a teacher does not say. */
export interface ImportOptions extends Said {
  /** a vecnormalize.pkl; without it the one beside the archive is taken, if there is one */
  statistics?: string
  /** how many of the observations to keep, the first ones, where the others are always 0; absent: all */
  inputs?: number
}

/** Files and folders that are teachers, or become one. */
export const teacherKinds = teacherFormats.map((format) => format.kind)

/**
 * Reads a teacher in any of the formats and checks that it is one. Throws InputError for a file that is none.
 *
 * @param path of the teacher, a file or a folder
 * @param options what the file does not say
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { importTeacher } from 'bpd/train'
 *
 * const { bytes, teacher } = await importTeacher('teacher.safetensors')
 * console.log(teacher.actionLow, teacher.actionHigh)
 * writeFileSync('imported.safetensors', bytes)
 */
export async function importTeacher(path: string, { inputs, ...options }: ImportOptions = {}): Promise<Imported> {
  const imported = await importWhole(path, options)
  if (inputs === undefined) return imported
  const bytes = writeSafetensors(cutInputs(readSafetensors(imported.bytes, path), inputs, path))
  return { ...imported, bytes, teacher: decodeTeacher(bytes, path) }
}

/**
 * A teacher as whoever gives one has it: a folder that `bpd import` made, or a file of any of the formats. Throws InputError.
 *
 * @param path of the file or the folder
 *
 * @example
 * import { openTeacher } from 'bpd/train'
 *
 * const { network, metadata } = await openTeacher('teacher.safetensors')
 * console.log(network ? 'runs on boards' : 'runs here', metadata.source)
 */
export const openTeacher = async (path: string): Promise<Teacher> => (await importTeacher(teacherFile(path))).teacher

/** of a file that may become a teacher; formats have less */
const maxBytes = 320 << 20

/** options by the names that the command has for them */
const flags: Record<keyof Said, string> = {
  observations: '--observations',
  activation: '--activation',
  output: '--output',
  actionLow: '--action-low',
  actionHigh: '--action-high',
}

async function importWhole(path: string, { statistics, ...said }: Omit<ImportOptions, 'inputs'>): Promise<Imported> {
  const { kind, bytes: file } = readAs(path, teacherKinds, maxBytes)
  const format = teacherFormats.find((one) => one.kind === kind)!
  for (const key of Object.keys(flags) as (keyof Said)[])
    if (said[key] !== undefined && !format.takes.includes(key))
      throw new InputError(`${path}: ${format.name}, which says itself what ${flags[key]} would say`)
  if (statistics !== undefined && !format.statisticsBeside) {
    const having = teacherFormats.filter(({ statisticsBeside }) => statisticsBeside).map(({ name }) => name)
    throw new InputError(`${statistics}: statistics belong to ${having.join(' or ')}, and ${path} is none`)
  }
  const used = statistics ?? format.statisticsBeside?.(path)
  const ofObservations = used === undefined ? undefined : { bytes: readAs(used, ['pickle']).bytes, name: used }
  const { warnings = [], ...tensors }: Read = await format.read({ bytes: file, name: path }, said, ofObservations)
  const bytes = writeSafetensors(tensors)
  return { bytes, teacher: decodeTeacher(bytes, path), statistics: used, warnings }
}
