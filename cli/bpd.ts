#!/usr/bin/env node
/** Starts the `bpd` command. */
import module from 'node:module'

// what was compiled once is read from the system's folder for temporary files the next time; Node 20 has no such thing
module.enableCompileCache?.()
await import('./main.ts')
