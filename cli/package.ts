/** This package, found by its name: its code lies at another depth once it is built. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const manifest = createRequire(import.meta.url).resolve('bpd/package.json')

/** its folder */
export const root = dirname(manifest)

export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
