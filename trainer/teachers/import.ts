/** Public teachers of either kind as one of our teacher files. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { cutInputs } from './cut-inputs.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { type NamedBytes, readSb3 } from './sb3.ts'
import { decodeTeacher, type Teacher } from './teacher.ts'
import { isZip } from './zip.ts'

export interface Imported {
  /** safetensors, as `loadTeacher` reads it */
  bytes: Uint8Array
  teacher: Teacher
  /** the VecNormalize statistics that were used */
  statistics?: string
}

function read(path: string): NamedBytes {
  try {
    return { bytes: readFileSync(path), name: path }
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** where the zoo puts the statistics that belong to an archive */
function statisticsBeside(path: string): string | undefined {
  const folder = dirname(path)
  const stem = basename(path).replace(/\.zip$/, '')
  return [join(folder, stem, 'vecnormalize.pkl'), join(folder, 'vecnormalize.pkl')].find((file) => existsSync(file))
}

/**
 * Reads a safetensors teacher or a Stable-Baselines3 archive and checks that it is one. statistics: a vecnormalize.pkl; without it the
 * one beside the archive is taken, if there is one. inputs: how many of the observations to keep (cut-inputs.ts).
 */
export async function importTeacher(path: string, statistics?: string, inputs?: number): Promise<Imported> {
  const imported = await importWhole(path, statistics)
  if (inputs === undefined) return imported
  const bytes = writeSafetensors(cutInputs(readSafetensors(imported.bytes, path), inputs, path))
  return { ...imported, bytes, teacher: decodeTeacher(bytes, path) }
}

async function importWhole(path: string, statistics?: string): Promise<Imported> {
  const file = read(path)
  if (!isZip(file.bytes)) {
    if (statistics !== undefined)
      throw new InputError(`${statistics}: statistics belong to a Stable-Baselines3 archive, and ${path} is none`)
    const { tensors, metadata } = readSafetensors(file.bytes, path)
    const teacher = decodeTeacher(file.bytes, path)
    return { bytes: writeSafetensors({ tensors, metadata }), teacher }
  }
  const used = statistics ?? statisticsBeside(path)
  const { tensors, metadata } = await readSb3(file, used === undefined ? undefined : read(used))
  const bytes = writeSafetensors({ tensors, metadata: { source: basename(path), ...metadata } })
  return { bytes, teacher: decodeTeacher(bytes, path), statistics: used }
}
