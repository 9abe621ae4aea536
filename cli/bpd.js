#!/usr/bin/env node
// Starts bpd under Node 24 (which runs TypeScript directly), also where the system's own Node is older.
import { spawnSync } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // what was compiled once, types stripped, is read from the system's folder for temporary files the next time
  module.enableCompileCache()
  await import('./main.ts')
} else {
  let pinned
  try {
    pinned = createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    console.error(`bpd: Node ${process.versions.node} is too old and the pinned Node 24 is not installed: run "npm ci"`)
    process.exit(1)
  }
  const self = fileURLToPath(import.meta.url)
  const { status, signal } = spawnSync(pinned, [self, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
}
