/** Tasks, variants, formats, forms and algorithms are complete records: nothing else asks for their names. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportForms, formNames } from '../../runtime-as/exports/forms.ts'
import { dataFormats } from '../../trainer/data/formats.ts'
import { distillOptions } from '../../trainer/distill/options.ts'
import { cutAt, describeCut } from '../../trainer/distill/points.ts'
import { variantNames, variantOf } from '../../trainer/distill/variants.ts'
import { requireSteps, taskFacts, taskNames } from '../../trainer/tasks/registry.ts'
import { algorithmNames } from '../../trainer/teachers/algorithms.ts'
import { teacherFormats } from '../../trainer/teachers/formats.ts'
import { root, sources } from '../support/imports.ts'

const given = { seed: 1, threads: 1 }

describe('a task', () => {
  it.each(taskNames())('%s says for how many steps it is distilled', (task) => {
    const { steps } = taskFacts(task).recipe
    expect(steps).toBeGreaterThan(0)
    expect(distillOptions(task, given).steps).toBe(steps)
  })

  it('that does not is refused in one line, and never takes the authors’ million steps', () => {
    for (const recipe of [undefined, {}, { steps: 2.5 }])
      expect(() => requireSteps('own', recipe)).toThrow('task own: recipe.steps: expected a number of steps')
    expect(() => distillOptions('unknown', given)).toThrow('task "unknown": expected one of pendulum, ')
  })
})

describe('a variant', () => {
  it.each(variantNames)('%s cuts as often as it says, at what it says', (name) => {
    const variant = variantOf(name)
    const options = distillOptions('pendulum', { ...given, variant: name, budget: 7, thresholds: [-1, 2] })
    const cuts = variant.cuts([], options)
    expect(cuts).toHaveLength(variant.cutCount(options))
    const [first] = cuts.map((cut) => describeCut(cutAt(variant.cutKind, cut)))
    expect(first).toBe(variant.cutKind === 'threshold' ? 'threshold -1' : 'budget 7')
    expect(options).toMatchObject(variant.fixed)
  })
})

describe('names', () => {
  const names = [...taskNames(), ...variantNames, ...algorithmNames, ...formNames]
  const compared = new RegExp(`(?:[!=]==? |\\bcase |\\bincludes\\()'(${names.join('|')})'`)

  it('are compared with nowhere', () => {
    const found = sources()
      .filter((file) => !/^(test|bench)\//.test(file))
      .flatMap((file) => {
        const lines = readFileSync(join(root, file), 'utf8').split('\n')
        return lines.filter((line) => compared.test(line)).map((line) => `${file}: ${line.trim()}`)
      })
    // a layer's form in a file may be dense too, and the annealing of the KL term linear
    const others = /^runtime-as\/.*'dense'|^trainer\/kernels\/config\.ts: case 'linear'/
    expect(found.filter((line) => !others.test(line))).toEqual([])
  })

  it('would be found where they are', () => {
    for (const line of ["if (options.variant === 'no-q')", "case 'hopper':", "names.includes('bpd')", "form !== 'c'"])
      expect(line).toMatch(compared)
  })
})

describe('a form of export', () => {
  it.each(formNames)('%s has an extension of its own', (name) => {
    const extensions = formNames.map((other) => exportForms[other].extension)
    expect(extensions.filter((extension) => extension === exportForms[name].extension)).toHaveLength(1)
  })
})

describe('a format of teachers', () => {
  it('has a kind of file of its own', () => {
    expect(new Set(teacherFormats.map(({ kind }) => kind)).size).toBe(teacherFormats.length)
  })
})

describe('a format of data', () => {
  it('has a kind of file of its own', () => {
    expect(new Set(dataFormats.map(({ kind }) => kind)).size).toBe(dataFormats.length)
  })
})
