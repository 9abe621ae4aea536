import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import lock from '../package-lock.json' with { type: 'json' }
import interpreter from './support/interpreter/package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))

interface Locked {
  version: string
  integrity?: string
  dev?: boolean
  link?: boolean
  hasInstallScript?: boolean
}
const locked = Object.entries(lock.packages as unknown as Record<string, Locked>)
  // the workspace of the interpreter is a folder of this repository
  .filter(([path, { link }]) => path.includes('node_modules/') && !link)
  .map(([path, entry]) => ({ ...entry, name: path.slice(path.lastIndexOf('node_modules/') + 13) }))
const interpreters = Object.keys(interpreter.optionalDependencies)
const idOf = ({ name, version }: { name: string; version: string }) => `${name}@${version}`

describe('what is installed', () => {
  it('is in the lock file with its integrity, the interpreter too', () => {
    expect(locked.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(idOf)).toEqual([])
    const pinned = Object.entries(interpreter.optionalDependencies)
    expect(
      pinned.map(([name, version]) => `${name}@${version}`).filter((id) => !locked.map(idOf).includes(id)),
    ).toEqual([])
    for (const [name, version] of pinned) expect(`${name} ${version}`).toMatch(/ 24\.\d+\.\d+$/)
  })

  it.each(['test/support/onnx', 'bench/docs/api'])('so is what only %s needs', (folder) => {
    const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'))
    const entries = Object.entries<Locked>(packages).filter(([path]) => path !== '')
    expect(entries.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  it('needs no install script: these bring what their scripts would build', () => {
    const production = locked.filter(({ hasInstallScript, dev }) => hasInstallScript && !dev)
    expect(production.map(({ name }) => name)).toEqual(['@serialport/bindings-cpp', 'msgpackr-extract'])
  })
})

describe('npm run sbom', () => {
  it('lists everything in the lock file with version and hash, and marks what only development needs', () => {
    const { status, stdout } = spawnSync('npm', ['run', '-s', 'sbom'], { cwd: root, encoding: 'utf8' })
    expect(status).toBe(0)
    const components: {
      name: string
      version: string
      hashes: { alg: string; content: string }[]
      properties: { name: string; value: string }[]
    }[] = JSON.parse(stdout).components
    const packages = locked.filter(({ name }) => !interpreters.includes(name))
    expect(components.map(idOf).sort()).toEqual([...new Set(packages.map(idOf))].sort())
    for (const component of components) {
      const { alg, content } = component.hashes[0]
      const integrity = `sha512-${Buffer.from(content, 'hex').toString('base64')}`
      const same = locked.filter((entry) => idOf(entry) === idOf(component))
      expect({ alg, known: same.some((entry) => entry.integrity === integrity) }).toEqual({
        alg: 'SHA-512',
        known: true,
      })
      const development = component.properties.some(({ name }) => name === 'cdx:npm:package:development')
      expect({ id: idOf(component), development }).toEqual({
        id: idOf(component),
        development: same.every(({ dev }) => dev === true),
      })
    }
  })
})
