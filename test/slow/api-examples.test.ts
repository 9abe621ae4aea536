/** Every example in the comments of what the package exports runs as it stands and is typed; docs/api shows them. Needs `npm run build`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiExamples, entries, layOut, promised, type Ran } from '../support/api-examples.ts'
import { root } from '../support/pages.ts'

const examples = apiExamples()

describe.each(Object.entries(entries))('%s', (entry, index) => {
  it('every function and class has one example', async () => {
    const exported = Object.entries(await import(join(root, index))).filter(([, value]) => typeof value === 'function')
    const shown = examples.filter((example) => example.entry === entry).map(({ name }) => name)
    expect(shown.sort()).toEqual(exported.map(([name]) => name).sort())
  })

  it('an example imports what it is an example of', () => {
    const lacking = examples.filter(
      ({ name, code, entry: own }) =>
        own === entry && !new RegExp(`^import \\{[^}]*\\b${name}\\b[^}]*\\} from '${entry}'$`, 'm').test(code),
    )
    expect(lacking).toEqual([])
  })
})

describe('the examples, with the package beside them', () => {
  let folder: string
  let ran: Ran[]
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpd-api-examples-'))
    layOut(examples, folder, root)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['run.js'], { cwd: folder, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    ran = JSON.parse(stdout)
  }, 600_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(examples.map(({ entry, name }, i) => [entry, name, i] as const))('%s %s', (_, __, i) => {
    expect(ran[i].error).toBe(undefined)
    for (const line of promised(examples[i].code)) expect(ran[i].printed).toMatch(line)
  })

  it('are typed, in strict mode', () => {
    symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'junction')
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: ['node'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/example.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })
})
