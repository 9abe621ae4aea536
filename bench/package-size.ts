/** What an install of the package weighs: packed, unpacked, and with all that it brings, in an empty folder. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface PackageSize {
  /** the .tgz, and what is in it */
  tarballBytes: number
  unpackedBytes: number
  /** node_modules of an empty folder after `npm install` of the .tgz */
  installedBytes: number
  installedPackages: number
  /** the five heaviest of them */
  heaviest: Record<string, number>
  /** `import { loadPolicy } from 'bpd'` bundled and minified for a browser */
  browserBytes: number
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bytes of all files below, as `du --apparent-size` counts them. */
export function bytesBelow(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** Names of the packages in a node_modules, with their scopes. */
const packagesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(folder, name)).map((one) => `${name}/${one}`) : [name]))

/** dist/ must be built. */
export async function packageSize(): Promise<PackageSize> {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-size-'))
  const npm = (cwd: string, ...words: string[]) => execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: 'pipe' })
  try {
    const [packed] = JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder))
    npm(folder, 'init', '-y')
    npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename))
    const modules = join(folder, 'node_modules')
    const names = packagesIn(modules)
    const weights = names.map((name) => [name, bytesBelow(join(modules, name))] as const)
    weights.sort(([, a], [, b]) => b - a)
    const stdin = { contents: "export { loadPolicy } from 'bpd'", resolveDir: folder }
    const options = { bundle: true, minify: true, write: false, format: 'esm', platform: 'browser' } as const
    const { outputFiles } = await build({ stdin, ...options })
    return {
      tarballBytes: packed.size,
      unpackedBytes: packed.unpackedSize,
      installedBytes: bytesBelow(modules),
      installedPackages: names.length,
      heaviest: Object.fromEntries(weights.slice(0, 5)),
      browserBytes: outputFiles[0].contents.length,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
