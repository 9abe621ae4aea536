/** What jobs take from others. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../../runtime-as/errors.ts'
import { decodePolicy } from '../../../runtime-as/format/decode.ts'
import { sha256 } from '../../files/sha256.ts'
import { decodeTeacher, type Teacher } from '../../teachers/teacher.ts'
import type { Store } from '../store.ts'
import type { TeacherSource, Weights } from './job.ts'
import type { Made } from './results.ts'

/** Throws InputError for a file that has changed. */
export function teacherOf(store: Store, source: TeacherSource): Teacher {
  if ('job' in source)
    return decodeTeacher(Buffer.from(store.result(source.job, 'teach').teacher, 'base64'), `teacher ${source.job}`)
  const file = store.blobFile(source.blob)
  const bytes = readFileSync(file)
  if (sha256(bytes) !== source.blob) throw new InputError(`${file}: was changed, expected sha256 ${source.blob}`)
  return decodeTeacher(bytes, file)
}

/** A student may end with none: nothing can aim at that. */
export const weightsOf = (store: Store, given: Weights): number =>
  typeof given === 'number' ? given : Math.max(1, store.result(given.of, 'distil').picked.weights)

export function madeOf(bytes: Uint8Array, name: string): Made {
  const { weights, layers } = decodePolicy(bytes, name)
  return {
    policy: Buffer.from(bytes).toString('base64'),
    weights,
    bytes: bytes.length,
    liveUnits: layers.map((layer) => layer.liveUnits),
  }
}

export const checkpointIn = (folder: string, part = 0): string =>
  join(folder, part === 0 ? 'checkpoint.safetensors' : `checkpoint-${part + 1}.safetensors`)
