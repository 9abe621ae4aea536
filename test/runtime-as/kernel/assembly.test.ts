import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../runtime-as/kernel/compile.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-assembly-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tool = (name: string, ...words: string[]) => {
  const run = spawnSync(join(root, 'node_modules/.bin', name), words, { cwd: folder, encoding: 'utf8' })
  return { status: run.status, said: run.stdout + run.stderr }
}

describe.each(['runtime-as/kernel/assembly', 'trainer/kernels/assembly'])('%s', (assembly) => {
  const copy = join(folder, assembly)
  // the tiles are written by the build, and not kept
  const lint = () => tool('biome', 'check', '--error-on-warnings', assembly)
  const types = () => tool('tsc', '-p', copy)
  const probe = join(copy, 'probe.ts')

  beforeAll(() => {
    cpSync(join(root, assembly), copy, { recursive: true })
    const { files, vcs: _, ...settings } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
    const includes = [...files.includes, '!**/tile.ts', '!**/tsconfig.json']
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...settings, files: { includes } }))
    const config = { extends: join(root, 'tsconfig.assembly.json'), include: ['.'] }
    writeFileSync(join(copy, 'tsconfig.json'), `${JSON.stringify(config)}\n`)
    rmSync(probe, { force: true })
  })

  it('passes lint and types as it is', () => {
    expect(types()).toEqual({ status: 0, said: '' })
    expect(lint()).toMatchObject({ status: 0 })
  })

  it.each([
    ['an unused import', "import { f } from './index'\n\nexport const a: u32 = 1\n", 'noUnusedImports'],
    ['an unused variable', 'export function f(): void {\n  const a: u32 = 1\n}\n', 'noUnusedVariables'],
    ['another layout', 'export const  a:u32=1\n', 'format'],
  ])('%s does not pass lint', (_, text, said) => {
    writeFileSync(probe, text)
    const found = lint()
    expect(found.said).toContain('probe.ts')
    expect(found.said).toContain(said)
    expect(found.status).toBe(1)
  })

  it.each([
    ['an unused import', "import * as all from './index'\n\nexport const a: u32 = 1\n", 'TS6133'],
    ['text for a number', "export const a: u32 = 'one'\n", 'TS2322'],
    ['an import of what is not there', "export { nothing } from './index'\n", 'TS2305'],
  ])('%s does not pass types', (_, text, code) => {
    writeFileSync(probe, text)
    const { status, said } = types()
    expect(said).toMatch(new RegExp(`probe\\.ts\\(1,\\d+\\): error ${code}`))
    expect(status).not.toBe(0)
  })
})

describe('compiling an assembly folder', () => {
  const source = (mark: string) =>
    `${mark}function twice(x: i32): i32 {\n  return x + x\n}\n\nexport function f(x: i32): i32 {\n  return twice(x) * twice(x)\n}\n`
  const compiled = async (name: string, text: string) => {
    const own = join(folder, name)
    mkdirSync(join(own, 'assembly'), { recursive: true })
    writeFileSync(join(own, 'assembly/index.ts'), text)
    await compile(own, 'build/out.wasm', ['--runtime=stub', '--debug'])
    return readFileSync(join(own, 'build/out.wasm'))
  }

  it('takes a function marked /* @inline */ into its callers, and gives the same numbers', async () => {
    const [plain, marked] = [await compiled('plain', source('')), await compiled('marked', source('/* @inline */ '))]
    expect(plain.includes('assembly/index/twice')).toBe(true)
    expect(marked.includes('assembly/index/twice')).toBe(false)
    for (const bytes of [plain, marked]) {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
      expect((exports.f as (x: number) => number)(3)).toBe(36)
    }
  })

  it('says where an error is, and leaves no file', async () => {
    await expect(compiled('wrong', 'export function f(): i32 {\n  return wrong\n}\n')).rejects.toThrow(
      /Cannot find name 'wrong'[\s\S]*assembly\/index\.ts\(2,10\)/,
    )
    expect(() => readFileSync(join(folder, 'wrong/build/out.wasm'))).toThrow('ENOENT')
  })
})
