import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import lock from '../package-lock.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))

interface Locked {
  version: string
  integrity?: string
  dev?: boolean
  hasInstallScript?: boolean
}
const locked = Object.entries(lock.packages as unknown as Record<string, Locked>)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ ...entry, name: path.slice(path.lastIndexOf('node_modules/') + 13) }))
const idOf = ({ name, version }: { name: string; version: string }) => `${name}@${version}`

describe('what is installed', () => {
  it('is in the lock file with its integrity, the interpreter too', () => {
    expect(locked.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(idOf)).toEqual([])
    const pinned = Object.entries(manifest.optionalDependencies)
    expect(
      pinned.map(([name, version]) => `${name}@${version}`).filter((id) => !locked.map(idOf).includes(id)),
    ).toEqual([])
    for (const [name, version] of pinned) expect(`${name} ${version}`).toMatch(/ 24\.\d+\.\d+$/)
  })

  it('needs no install script: these bring what their scripts would build', () => {
    const production = locked.filter(({ hasInstallScript, dev }) => hasInstallScript && !dev)
    expect(production.map(({ name }) => name)).toEqual(['@serialport/bindings-cpp', 'msgpackr-extract'])
  })

  it('is all that bpd.js looks for an interpreter in', () => {
    const sought = readFileSync(`${root}/cli/bpd.js`, 'utf8').matchAll(/: '(node-[\w-]+)\/bin\/node/g)
    expect([...sought].map(([, name]) => name).sort()).toEqual(Object.keys(manifest.optionalDependencies).sort())
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
    expect(components.map(idOf).sort()).toEqual([...new Set(locked.map(idOf))].sort())
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
