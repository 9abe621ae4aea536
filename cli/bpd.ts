#!/usr/bin/env node
/** Starts the `bpd` command. */
import module from 'node:module'

if (Number(process.versions.node.split('.')[0]) < 20) {
  // what follows cannot even be read there
  console.error(`bpd: Node ${process.versions.node} is too old, expected 20.15 or later`)
  process.exit(1)
}
// what was compiled once is read from the system's folder for temporary files the next time; Node 20 has no such thing
module.enableCompileCache?.()
await import('./main.ts')
