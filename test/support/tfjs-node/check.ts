/**
 * Builds @tensorflow/tfjs-node, holds the readable step on it to the same on tfjs' wasm, and distils with it as a user who has installed it
 * beside bpd. Prints one JSON object; exit code 1 and one line where any of that fails.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../../../package.json' with { type: 'json' }
import { buildTfjsNode } from './build.ts'

/** Of f32 sums over a minibatch in orders of their own; 3e-6 is usual, where the terms of a bias's gradient cancel. */
const bound = 1e-5

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs Node; gives its standard output and error. */
function node(words: string[], cwd: string, environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, ...environment }
  const { status, error, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  })
  const said = stderr?.trim().split('\n') ?? []
  if (status !== 0) throw new Error(error?.message ?? said.find((line) => /error|^bpd: /i.test(line)) ?? said.at(-1))
  return { stdout, stderr }
}

interface Compared {
  backend: string
  stepsPerSecond: Record<string, number>
  largestRelativeDifference: number | null
  of: string
}

function compare(modules: string): Compared {
  const { stdout } = node([fileURLToPath(new URL('compare.ts', import.meta.url))], root, { NODE_PATH: modules })
  const compared: Compared = JSON.parse(stdout)
  const { backend, largestRelativeDifference: difference, of } = compared
  if (backend !== 'tensorflow') throw new Error(`the readable step took ${backend}`)
  if (difference === 0) throw new Error('not one bit differs: both sides were computed by the same backend')
  if (difference === null || difference > bound)
    throw new Error(`${of}: expected a relative difference of at most ${bound}, found ${difference}`)
  return compared
}

/** A user's folder: the package as npm ships it, and beside it, of all tfjs, tfjs-node and what that brings. Gives the command's file. */
function installBeside(modules: string, folder: string): string {
  const own = join(folder, 'node_modules/bpd')
  // clients in other languages are listed by pattern, and no part of this
  const names = manifest.files.filter((name: string) => !name.includes('*'))
  for (const name of [...names, 'package.json']) cpSync(join(root, name), join(own, name), { recursive: true })
  const link = (from: string, name: string) => symlinkSync(join(from, name), join(folder, 'node_modules', name))
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== '@tensorflow') link(join(root, 'node_modules'), name)
  link(modules, '@tensorflow')
  return join(own, manifest.bin.bpd)
}

/** Both must be said by the run itself: that libtensorflow was in the process, and that nothing else was printed for it. */
function distil(modules: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-tfjs-node-'))
  try {
    const bpd = installBeside(modules, folder)
    const probe = `process.on('exit', () => {
      const { sharedObjects } = process.report.getReport()
      console.error(sharedObjects.some((file) => file.includes('libtensorflow_cc')) ? 'native' : 'not native')
    })`
    const run = (...words: string[]) =>
      node(['--import', `data:text/javascript,${encodeURIComponent(probe)}`, bpd, ...words, '--quiet'], folder)
    const teacher = ['--teacher', 'node_modules/bpd/models/pendulum/teacher.safetensors']
    run('collect', 'pendulum', ...teacher, '--transitions', '1000', '--out', 'data.safetensors')
    const small = '--steps 20 --evaluate-every 20 --batch-size 16 --hidden 8,8 --critic-hidden 16,16'.split(' ')
    const short = '--tune-updates 5 --thresholds 2 --progress-episodes 1 --pick-episodes 1 --tolerance 10'.split(' ')
    const asked = ['--data', 'data.safetensors', ...small, ...short, '--out', 'student']
    for (const [backend, expected] of Object.entries({ fast: 'not native', reference: 'native' })) {
      const { stderr } = run('distill', 'pendulum', ...teacher, ...asked, '--backend', backend, '--force')
      if (stderr.trim() !== expected)
        throw new Error(`bpd distill --backend ${backend}: expected "${expected}", found "${stderr.trim()}"`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

try {
  const started = performance.now()
  const modules = buildTfjsNode()
  const built = performance.now()
  const compared = compare(modules)
  distil(modules)
  const seconds = (from: number, to: number) => Math.round((to - from) / 1000)
  console.log(
    JSON.stringify({
      ...compared,
      buildSeconds: seconds(started, built),
      checkSeconds: seconds(built, performance.now()),
    }),
  )
} catch (error) {
  console.error(`check:tfjs-node: ${(error as Error).message.split('\n', 1)[0]}`)
  process.exitCode = 1
}
