/** A model and its card: a JSON file beside it that says what it is, where it comes from and how to make or check it. */
import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { decodePolicy } from '../runtime-as/format/decode.ts'
import { readIfThere, readNamed } from '../trainer/files/access.ts'
import { makeFolder } from '../trainer/files/claim.ts'
import { Field } from '../trainer/files/field.ts'
import { writeFile } from '../trainer/files/replace.ts'
import { sha256 } from '../trainer/files/sha256.ts'
import type { TaskOrigin } from '../trainer/tasks/task.ts'
import { decodeTeacher, teacherSizes } from '../trainer/teachers/teacher.ts'
import { type Signature, signatureOf } from './keys.ts'
import { versions } from './versions.ts'

export const teacherFiles = { file: 'teacher.safetensors', card: 'card.json' } as const
/** what a teacher's folder says of the contract of its students */
export const contractFile = 'contract.json'
export const studentFiles = { file: 'student.bpd', card: 'student.json' } as const
/** of a student that was made on-policy, beside an offline one */
export const smallestFiles = { file: 'smallest.bpd', card: 'smallest.json' } as const

export type ModelFiles = typeof teacherFiles | typeof studentFiles | typeof smallestFiles

/** of what is trained here */
export const ownLicence = 'MIT, as the rest of this repository'

/** What every card says, and whatever else is known of the model. */
export interface Card {
  task?: string
  /** of a task of the user's own */
  origin?: TaskOrigin
  file: string
  sha256: string
  /** of a policy: what its envelope says, null where it is in none */
  signature?: Signature
  licence: string
  versions: Record<string, string>
}

/** The card of these bytes. facts: what is particular to them. */
export function cardOf<T extends object>(
  files: ModelFiles,
  bytes: Uint8Array,
  { task, origin, licence = ownLicence }: { task?: string; origin?: TaskOrigin; licence?: string },
  facts: T,
): Card & T {
  const about = { ...(task !== undefined && { task }), ...(origin && { origin }) }
  const said = { ...about, file: files.file, sha256: sha256(bytes), ...signatureIn(files, bytes) }
  return { ...said, ...facts, licence, versions: versions() }
}

/** Only policies can be signed. */
const signatureIn = (files: ModelFiles, bytes: Uint8Array): { signature?: Signature } =>
  files === teacherFiles ? {} : { signature: signatureOf(bytes, files.file) }

/** Writes both into the folder, and a contract where there is one; returns the path of the model. */
export async function writeModel(
  folder: string,
  files: ModelFiles,
  bytes: Uint8Array,
  card: Card,
  contract?: object,
): Promise<string> {
  const path = await writeWithoutCard(folder, files, bytes)
  if (contract) await writeFile(join(folder, contractFile), `${JSON.stringify(contract, null, 2)}\n`)
  await writeFile(join(folder, files.card), `${JSON.stringify(card, null, 2)}\n`)
  return path
}

/** A model whose figures are still to be measured; gives its path. */
export async function writeWithoutCard(folder: string, files: ModelFiles, bytes: Uint8Array): Promise<string> {
  makeFolder(folder)
  const path = join(folder, files.file)
  // a card is there only with the model that it tells of
  for (const file of [files.card, ...(files === teacherFiles ? [contractFile] : [])])
    rmSync(join(folder, file), { force: true })
  await writeFile(path, bytes)
  return path
}

/** The command that gives a student's card its figure again: the seed of its episodes is part of it. named: the task as a command names it */
export const checkOf = (
  task: string,
  seed: number,
  episodes: number,
  named = task,
  { file }: ModelFiles = studentFiles,
): string => `bpd eval ${commandWord(named)} models/${task}/${file} --seed ${seed} --episodes ${episodes}`

/** A task as a card's command names it: in quotes where a shell would take it apart. */
export const commandWord = (word: string): string =>
  /^[\w./:@%+,=\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A card as a file holds it; undefined without one. Throws InputError where it is no JSON. */
export function readCard(path: string): Field | undefined {
  const text = readIfThere(path)
  return text && Field.parse(path, '', Buffer.from(text).toString())
}

/** Throws InputError where a card beside the model is of it and says something else than is in it. Without a card a model is taken as it is. */
export function checkCard(model: string): void {
  for (const [files, factsIn] of [
    [teacherFiles, factsOfTeacher] as const,
    [studentFiles, factsOfStudent] as const,
    [smallestFiles, factsOfStudent] as const,
  ]) {
    const card = readCard(join(dirname(model), files.card))
    if (card?.at('file').value !== basename(model)) continue
    const bytes = readNamed(model)
    card.at('sha256').mustBe(sha256(bytes), `, that of ${model}`)
    const facts = Object.entries(factsIn(bytes, model))
    // cards of earlier versions say nothing of signatures, and no file of theirs had one
    const told = facts.filter(([key, value]) => value !== null || card.at(key).value !== undefined)
    for (const [key, value] of told) card.at(key).mustBe(value, `, as ${model} has`)
  }
}

function factsOfTeacher(bytes: Uint8Array, file: string): object {
  const { observations, hidden, actions } = teacherSizes(decodeTeacher(bytes, file))
  return { sizes: [observations, ...hidden, actions] }
}

function factsOfStudent(bytes: Uint8Array, file: string): object {
  const { contract, weights, layers } = decodePolicy(bytes, file)
  const units = layers.map(({ liveUnits }) => liveUnits)
  return { task: contract.task, signature: signatureOf(bytes, file), bytes: bytes.length, weights, liveUnits: units }
}
