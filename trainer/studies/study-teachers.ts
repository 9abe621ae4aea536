/** The teachers of a study: files are read once, checked, and from then on known by the hash of what is in them. */
import { existsSync } from 'node:fs'
import { InputError } from '../../runtime-as/errors.ts'
import { sha256, sha256OfFile } from '../files/sha256.ts'
import { createTask, taskOrigin } from '../tasks/registry.ts'
import { openTeacher } from '../teachers/import.ts'
import { encodeTeacher, requireFit, type Teacher, teacherFile, teacherWeights } from '../teachers/teacher.ts'
import type { TaskOfJob, TeachJob } from './jobs/job.ts'
import type { StudyTeacher } from './study.ts'

export interface FileTeacher extends StudyTeacher {
  /** sha256 of `bytes` */
  blob: string
  /** as a safetensors file, whatever form it came in */
  bytes: Uint8Array
  opened: Teacher
  /** of the file as it is */
  sha256: string
  /** that it was trained by, as its file says: TD3, TQC */
  algorithm: string
  /** weights, no biases */
  weights: number
}

export interface TaughtTeacher extends StudyTeacher {
  job: TeachJob
}

export type OpenedTeacher = FileTeacher | TaughtTeacher

/** Of a task of the user's own: with what its files hold. The task must be prepared. */
export function taskOf(task: string): TaskOfJob {
  const files = taskOrigin(task)?.files
  return files ? { task, origin: files } : { task }
}

/** The task must be prepared. Throws InputError where the file is absent, has changed or does not fit. */
export async function openStudyTeacher(teacher: StudyTeacher): Promise<OpenedTeacher> {
  const { name, task, teach } = teacher
  if (teach) return { ...teacher, job: { kind: 'teach', ...taskOf(task), ...teach, more: {} } }
  if (teacher.file === undefined) throw new InputError(`teacher ${name}: expected a file, or how it is taught`)
  const file = teacherFile(teacher.file)
  if (!existsSync(file)) throw new InputError(`${file}: no such teacher`)
  const found = sha256OfFile(file)
  if (teacher.sha256 !== undefined && teacher.sha256 !== found)
    throw new InputError(
      `${file}: sha256 ${found}, expected ${teacher.sha256}, as the study says: the teacher has changed`,
    )
  const opened = await openTeacher(file)
  requireFit(opened, createTask(task).spec, file)
  const bytes = encodeTeacher(opened)
  const algorithm = (opened.metadata.algorithm ?? 'unknown').toUpperCase()
  return {
    ...teacher,
    file,
    blob: sha256(bytes),
    bytes,
    opened,
    sha256: found,
    algorithm,
    weights: teacherWeights(opened),
  }
}
