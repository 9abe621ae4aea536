/** Runs the real `bpd` command. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const bpd = fileURLToPath(new URL('../../cli/bpd.ts', import.meta.url))

export function bpdIn(folder: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bpd, ...words], { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr, lines: stderr.trimEnd().split('\n') }
}

/** What it prints under --json, where it succeeds. */
export function jsonIn(folder: string, ...words: string[]) {
  const { status, stdout, stderr } = bpdIn(folder, ...words, '--json')
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}
