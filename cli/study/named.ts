/** Studies by name: files of studies/ in this package. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../runtime-as/errors.ts'
import { readStudy } from '../../trainer/studies/read-study.ts'
import type { Study } from '../../trainer/studies/study.ts'
import { root } from '../package.ts'

const folder = join(root, 'studies')

export const studyNames = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort()

/** what: a name out of the package, or a file. Throws InputError. */
export function studyOf(what: string): Study {
  if (studyNames().includes(what)) return readStudy(join(folder, `${what}.yaml`))
  if (!/[./\\]/.test(what))
    throw new InputError(`study "${what}": expected one of ${studyNames().join(', ')}, or a file`)
  return readStudy(what)
}

/** A part of a study, by names; its results are those of the whole. */
export interface Part {
  teachers?: string[]
  variants?: string[]
  seeds?: number
}

export function partOf(study: Study, { teachers, variants, seeds }: Part): Study {
  const chosen = <T extends { name: string }>(
    what: string,
    all: readonly T[],
    names: string[] | undefined,
  ): readonly T[] => {
    const unknown = names?.find((name) => !all.some((one) => one.name === name))
    if (unknown !== undefined)
      throw new InputError(`--${what}: ${unknown}, expected names out of ${all.map(({ name }) => name).join(', ')}`)
    return names ? all.filter(({ name }) => names.includes(name)) : all
  }
  const part = {
    ...study,
    teachers: chosen('teachers', study.teachers, teachers),
    variants: chosen('variants', study.variants, variants),
    seeds: seeds ?? study.seeds,
  }
  const { baseline } = part
  return baseline !== undefined && !part.variants.some(({ name }) => name === baseline)
    ? { ...part, baseline: undefined }
    : part
}
