/** Somebody else's folder with the package in it, and the Nodes that it must run under. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, inject } from 'vitest'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const tools = join(root, 'test/support/nodes/node_modules')
/** what `describeWith` asks for */
export const need = 'npm ci --prefix test/support/nodes, Linux on x64'
export const present = existsSync(join(tools, 'node-20')) && process.platform === 'linux'

/** The oldest that is supported, and those after it; 24 is the one that runs the tests. */
export const nodes: Record<string, string> = {
  '20': join(tools, 'node-20/bin/node'),
  '22': join(tools, 'node-22/bin/node'),
  '24': process.execPath,
  '26': join(tools, 'node-26/bin/node'),
}

/** An environment in which `node` is this one. */
export const under = (node: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
  // what a user's shell has not
  NODE_OPTIONS: '',
})

/** An empty folder of somebody's, gone when the file's tests are done. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-consumer-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The package installed as a user installs it, with the files beside it that the documentation's examples read. */
export function install(folder: string, node: string): void {
  const run = (words: string[]) => execFileSync('npm', words, { cwd: folder, env: under(node), stdio: 'pipe' })
  run(['init', '-y'])
  run(['install', '--no-audit', '--no-fund', '--prefer-offline', inject('tarball')])
  for (const file of ['student.bpd', 'teacher.safetensors'])
    cpSync(join(root, 'models/pendulum', file), join(folder, file))
}

/** Runs a program there, and gives what it printed. Throws where it fails, with what it said. */
export function printed(folder: string, program: string, words: string[], env = process.env): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${status}\n${stdout}\n${stderr}`)
  return stdout
}

export function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

/** A few observations, and the bits of the shipped pendulum student's actions for them, printed by a program that sees `bpd` and `bytes`. */
export const observations = [
  [1, 0, 0],
  [0.5, -0.8, 2],
  [-1, 0.01, -7.5],
]
export const printBits = `
const policy = loadPolicy(bytes)
const bits = ${JSON.stringify(observations)}.map((x) => new Uint32Array(policy.step(x).buffer)[0].toString(16))
`
/** by the readable reference, in this process */
export async function expectedBits(): Promise<string> {
  const { decodePolicy, referenceForward } = await import('../../runtime-as/index.ts')
  const policy = decodePolicy(readFileSync(join(root, 'models/pendulum/student.bpd')))
  return observations.map((x) => new Uint32Array(referenceForward(policy, x).buffer)[0].toString(16)).join(' ')
}
