/** What a study's teachers were when it was last run in a store: one that has changed since is no silent second study. */
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { readIfThere } from '../files/access.ts'
import { makeFolder } from '../files/claim.ts'
import { Field } from '../files/field.ts'
import { writeFile } from '../files/replace.ts'
import type { Plan } from './plan.ts'
import type { Store } from './store.ts'

const fileOf = (plan: Plan, store: Store) => join(store.folder, 'studies', `${plan.study.name}.json`)

/** Throws InputError where a teacher of that name was another file. */
export function checkUnchanged(plan: Plan, store: Store): void {
  const file = fileOf(plan, store)
  const before = known(file)
  for (const { name, ...teacher } of plan.teachers)
    if ('blob' in teacher && Object.hasOwn(before, name) && before[name] !== teacher.blob)
      throw new InputError(
        `${teacher.file}: teacher ${name} has changed since study ${plan.study.name} began in ${store.folder}: expected that one, or another --store`,
      )
}

/** Remembers them. */
export async function keepStudy(plan: Plan, store: Store): Promise<void> {
  const file = fileOf(plan, store)
  makeFolder(join(store.folder, 'studies'))
  const teachers = plan.teachers.flatMap((teacher) => ('blob' in teacher ? [[teacher.name, teacher.blob]] : []))
  await writeFile(
    file,
    `${JSON.stringify({ teachers: { ...known(file), ...Object.fromEntries(teachers) } }, null, 2)}\n`,
  )
}

function known(file: string): Record<string, unknown> {
  const text = readIfThere(file)
  return text ? Field.parse(file, '', Buffer.from(text).toString()).at('teachers').map() : {}
}
