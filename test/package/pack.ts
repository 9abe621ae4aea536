/** Packs the package once, for all tests of it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** path of the .tgz */
    tarball: string
  }
}

export default function pack({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-tarball-'))
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  // never of sources that have changed since; the kernels are those of `npm run build`
  execFileSync(process.execPath, ['cli/build.ts'], { cwd })
  const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const [{ filename }] = JSON.parse(execFileSync('npm', words, { cwd, encoding: 'utf8' }))
  provide('tarball', join(folder, filename))
  return () => rmSync(folder, { recursive: true })
}
