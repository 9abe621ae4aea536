/** Public teachers of every format as one of our teacher files. */
import { InputError } from '../../runtime-as/errors.ts'
import { readAs } from '../files/open.ts'
import { cutInputs } from './cut-inputs.ts'
import { teacherFormats } from './formats.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { decodeTeacher, type Teacher } from './teacher.ts'

export interface Imported {
  /** safetensors, as `loadTeacher` reads it */
  bytes: Uint8Array
  teacher: Teacher
  /** the statistics of the observations that were used */
  statistics?: string
}

/**
 * Reads a teacher in any of the formats (formats.ts) and checks that it is one. statistics: a vecnormalize.pkl; without it the
 * one beside the archive is taken, if there is one. inputs: how many of the observations to keep (cut-inputs.ts).
 *
 * @example
 * import { writeFileSync } from 'node:fs'
 * import { importTeacher } from 'bpd/train'
 *
 * const { bytes, teacher } = await importTeacher('teacher.safetensors')
 * console.log(teacher.actionLow, teacher.actionHigh)
 * writeFileSync('imported.safetensors', bytes)
 */
export async function importTeacher(path: string, statistics?: string, inputs?: number): Promise<Imported> {
  const imported = await importWhole(path, statistics)
  if (inputs === undefined) return imported
  const bytes = writeSafetensors(cutInputs(readSafetensors(imported.bytes, path), inputs, path))
  return { ...imported, bytes, teacher: decodeTeacher(bytes, path) }
}

async function importWhole(path: string, statistics?: string): Promise<Imported> {
  const { kind, bytes: file } = readAs(
    path,
    teacherFormats.map((format) => format.kind),
  )
  const format = teacherFormats.find((one) => one.kind === kind)!
  if (statistics !== undefined && !format.statisticsBeside) {
    const having = teacherFormats.filter(({ statisticsBeside }) => statisticsBeside).map(({ name }) => name)
    throw new InputError(`${statistics}: statistics belong to ${having.join(' or ')}, and ${path} is none`)
  }
  const used = statistics ?? format.statisticsBeside?.(path)
  const ofObservations = used === undefined ? undefined : { bytes: readAs(used, ['pickle']).bytes, name: used }
  const bytes = writeSafetensors(await format.read({ bytes: file, name: path }, ofObservations))
  return { bytes, teacher: decodeTeacher(bytes, path), statistics: used }
}
