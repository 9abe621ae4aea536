/** A model and its card: a JSON file beside it that says what it is, where it comes from and how to make or check it. */
import { join } from 'node:path'
import { writeFile } from '../trainer/files/replace.ts'
import { sha256 } from '../trainer/files/sha256.ts'
import { makeFolder } from './files.ts'
import { versions } from './versions.ts'

export const teacherFiles = { file: 'teacher.safetensors', card: 'card.json' } as const
export const studentFiles = { file: 'student.bpd', card: 'student.json' } as const

/** of what is trained here */
export const ownLicence = 'MIT, as the rest of this repository'

/** What every card says, and whatever else is known of the model. */
export interface Card {
  task?: string
  file: string
  sha256: string
  licence: string
  versions: Record<string, string>
}

/** The card of these bytes. facts: what is particular to them. */
export function cardOf<T extends object>(
  files: typeof teacherFiles | typeof studentFiles,
  bytes: Uint8Array,
  { task, licence = ownLicence }: { task?: string; licence?: string },
  facts: T,
): Card & T {
  const about = task === undefined ? {} : { task }
  return { ...about, file: files.file, sha256: sha256(bytes), ...facts, licence, versions: versions() }
}

/** Writes both into the folder; returns the path of the model. */
export async function writeModel(
  folder: string,
  files: typeof teacherFiles | typeof studentFiles,
  bytes: Uint8Array,
  card: Card,
): Promise<string> {
  makeFolder(folder)
  const path = join(folder, files.file)
  await writeFile(path, bytes)
  await writeFile(join(folder, files.card), `${JSON.stringify(card, null, 2)}\n`)
  return path
}

/** The command that gives a student's card its figure again: the seed of its episodes is part of it. */
export const checkOf = (task: string, seed: number, episodes: number): string =>
  `bpd eval ${task} models/${task}/${studentFiles.file} --seed ${seed} --episodes ${episodes}`
