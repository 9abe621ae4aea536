import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FailedError } from '../../../runtime-as/errors.ts'
import { appendLine, replaceFile, writeFile } from '../../../trainer/files/replace.ts'
import { canMount, onSmallDisk, withFileLimit } from '../../support/cramped.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-replace-'))
const at = (...path: string[]) => join(folder, ...path)
afterAll(() => rmSync(folder, { recursive: true }))

const module = new URL('../../../trainer/files/replace.ts', import.meta.url).href
/** Writes 10 bytes, then 100 kB in their place; tells the error, what is there then, and the names in the folder. */
const script = (file: string) => [
  '--input-type=module',
  '-e',
  `import { readdirSync, readFileSync } from 'node:fs'
  import { dirname } from 'node:path'
  import { writeFile } from ${JSON.stringify(module)}
  const file = ${JSON.stringify(file)}
  await writeFile(file, '0123456789')
  try { await writeFile(file, new Uint8Array(100_000)) } catch (error) { console.log(error.name + ': ' + error.message) }
  console.log(readFileSync(file, 'utf8'), readdirSync(dirname(file)).join())`,
]

describe('a file that is replaced', () => {
  it.skipIf(process.platform === 'win32')('stays as it was where there is no room, and the error names it', () => {
    mkdirSync(at('limit'))
    const { stdout } = withFileLimit(16, script(at('limit/a')))
    expect(stdout.trim().split('\n')).toEqual([
      `FailedError: ${at('limit/a')}: cannot be written (EFBIG)`,
      '0123456789 a',
    ])
  })

  it.skipIf(!canMount)('stays as it was on a full disk, and the error names it (needs mount namespaces)', () => {
    mkdirSync(at('disk'))
    const { stdout } = onSmallDisk(at('disk'), '64k', script(at('disk/a')))
    expect(stdout.trim().split('\n')).toEqual([
      `FailedError: ${at('disk/a')}: cannot be written (ENOSPC)`,
      '0123456789 a',
    ])
  })

  it('fails by name where a folder took its place, or its own folder went', async () => {
    mkdirSync(at('taken'))
    await expect(writeFile(at('taken'), 'x')).rejects.toThrow(
      new FailedError(`${at('taken')}: a folder, expected the name of a file to write`),
    )
    await expect(writeFile(at('gone/x'), 'x')).rejects.toThrow(`${at('gone/x')}: cannot be written (ENOENT)`)
    expect(() => appendLine(at('taken'), 'x')).toThrow(new FailedError(`${at('taken')}: cannot be written (EISDIR)`))
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')(
    'is none where a pipe or a device has that name: it stays there',
    async () => {
      expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0)
      let wrote = false
      const writing = replaceFile(at('pipe'), () => {
        wrote = true
      })
      await expect(writing).rejects.toThrow(
        new FailedError(`${at('pipe')}: not a file, expected the name of a file to write`),
      )
      expect({ wrote, pipe: statSync(at('pipe')).isFIFO() }).toEqual({ wrote: false, pipe: true })
      rmSync(at('pipe'))
    },
  )

  it('stays as it was where its writer fails, whose error is not changed', async () => {
    writeFileSync(at('kept'), 'old')
    const error = new RangeError('mine')
    const failing = replaceFile(at('kept'), () => {
      throw error
    })
    await expect(failing).rejects.toBe(error)
    expect(readFileSync(at('kept'), 'utf8')).toBe('old')
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([])
  })
})
