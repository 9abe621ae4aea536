/** The package where it is compiled, bundled, and run by something else than Node. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { bytesBelow } from '../../bench/package-size.ts'
import { hasChromium, titleOf } from '../support/chromium.ts'
import { describeWith } from '../support/require.ts'
import {
  emptyFolder,
  expectedBits,
  install,
  need,
  present,
  printBits,
  printed,
  root,
  tools,
  write,
} from './consumer.ts'

const bin = (name: string) => join(root, 'node_modules/.bin', name)
const page = (script: string) => `<!doctype html><title>waiting</title><script type="module" src="${script}"></script>`
/** Puts the bits of the actions, or what went wrong, into the title. */
const pageScript = `import { loadPolicy } from 'bpd'
try {
  const answer = await fetch('student.bpd')
  const bytes = new Uint8Array(await answer.arrayBuffer())
  ${printBits}
  document.title = bits.join(' ')
} catch (error) {
  document.title = String(error)
}
`

/** The title of a page in `folder` once its script has run, in headless Chromium. */
async function titleIn(folder: string): Promise<string> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
  const server = createServer((request, response) => {
    const file = join(folder, request.url === '/' ? 'index.html' : (request.url ?? ''))
    if (!existsSync(file)) return response.writeHead(404).end()
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
    return response.end(readFileSync(file))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    const { port } = server.address() as AddressInfo
    return await titleOf(`http://127.0.0.1:${port}/`)
  } finally {
    server.close()
  }
}

describeWith(`chromium, ${need}`, present && hasChromium)('installed from its tarball', () => {
  const folder = emptyFolder()
  let bits: string
  beforeAll(async () => {
    install(folder, process.execPath)
    bits = await expectedBits()
  })

  it('weighs at most 60 MB, and has no compiler in it', () => {
    expect(bytesBelow(join(folder, 'node_modules')) / 1e6).toBeLessThanOrEqual(60)
    const packages = readdirSync(join(folder, 'node_modules'))
    for (const heavy of ['assemblyscript', 'binaryen', 'echarts', 'typescript', 'node-gyp', '@tensorflow'])
      expect(packages).not.toContain(heavy)
  })

  it('installs globally', () => {
    const prefix = join(folder, 'global')
    execFileSync(
      'npm',
      ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', '--prefer-offline', inject('tarball')],
      { stdio: 'pipe' },
    )
    expect(printed(folder, join(prefix, 'bin/bpd'), ['inspect', 'student.bpd', '--json'])).toContain('"kind":"policy"')
  })

  describe.each([
    ['TypeScript 5', join(tools, 'typescript-5/bin/tsc')],
    ['TypeScript 7', join(root, 'node_modules/typescript/bin/tsc')],
  ])('%s, strict, with every declaration checked', (_, tsc) => {
    const consumer = `
import { type Contract, decodePolicy, InputError, loadPolicy, type Policy, referenceForward } from 'bpd'
import { exportPolicy } from 'bpd/export'

export function run(bytes: Uint8Array): { policy: Policy; action: Float32Array; names: string[] } {
  const policy = loadPolicy(bytes, 'mine')
  const contract: Contract = policy.contract
  const action = new Float32Array(contract.action.names.length)
  policy.stepInto([1, 2, 3], action)
  if (Number.isNaN(referenceForward(decodePolicy(bytes), action)[0])) throw new InputError('NaN')
  return { policy, action, names: Object.keys(exportPolicy(bytes, 'c', { stem: 'mine' })) }
}
// @ts-expect-error a policy is loaded from bytes
loadPolicy('student.bpd')
`
    const inNode = `
import { Board, drive, openPort, type Plant } from 'bpd/board'
import { collectTransitions, distill, loadTeacher, type Student } from 'bpd/train'

export async function make(signal: AbortSignal): Promise<Student> {
  const teacher = loadTeacher('teacher.safetensors')
  const transitions = await collectTransitions({ task: 'pendulum', teacher, transitions: 1000 })
  // @ts-expect-error a variant is one of a list
  await distill({ task: 'pendulum', teacher, transitions, options: { variant: 'none' } })
  return await distill({ task: 'pendulum', teacher, transitions, signal, onProgress: ({ phase }) => phase satisfies 'train' | 'tune' | 'stage' })
}
export const onBoard = async (plant: Plant) => drive(await Board.connect(await openPort('in-process')), plant, { episodes: 1 })
`
    const check = (file: string, options: object) => {
      const strict = { strict: true, noEmit: true, skipLibCheck: false, module: 'nodenext', target: 'es2022' }
      write(folder, { 'tsconfig.json': JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }) })
      printed(folder, process.execPath, [tsc, '-p', '.'])
    }

    it('policies need no types of Node', () => {
      write(folder, { 'consumer.mts': consumer })
      check('consumer.mts', { lib: ['es2022', 'dom'], types: [] })
    })

    it('boards and training need those alone', () => {
      for (const name of ['@types/node', 'undici-types'])
        cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
      write(folder, { 'node.mts': inNode })
      check('node.mts', { lib: ['es2023', 'dom', 'esnext.disposable'], types: ['node'] })
    })
  })

  it('esbuild bundles it for a browser, where it gives the same bits', async () => {
    const site = join(folder, 'esbuild')
    mkdirSync(site)
    write(folder, { 'page.js': pageScript })
    printed(folder, bin('esbuild'), ['page.js', '--bundle', '--format=esm', '--outfile=esbuild/out.js'])
    write(site, { 'index.html': page('out.js') })
    cpSync(join(folder, 'student.bpd'), join(site, 'student.bpd'))
    expect(await titleIn(site)).toBe(bits)
  })

  it('Vite builds it for production, and it gives the same bits', async () => {
    const site = join(folder, 'vite')
    mkdirSync(join(site, 'public'), { recursive: true })
    write(site, { 'index.html': page('/main.js'), 'main.js': pageScript })
    cpSync(join(folder, 'student.bpd'), join(site, 'public/student.bpd'))
    // the page awaits at its top
    printed(site, bin('vite'), ['build', '--base', './', '--target', 'es2022'])
    expect(await titleIn(join(site, 'dist'))).toBe(bits)
  })

  it('what only a policy needs is small: 72 kB, and nothing of Node', () => {
    write(folder, { 'small.js': "export { loadPolicy } from 'bpd'\n" })
    const words = ['small.js', '--bundle', '--minify', '--format=esm', '--platform=browser']
    expect(Buffer.byteLength(printed(folder, bin('esbuild'), words))).toBeLessThan(72_000)
    write(folder, { 'export.js': "export { exportPolicy } from 'bpd/export'\n" })
    printed(folder, bin('esbuild'), ['export.js', '--bundle', '--format=esm', '--platform=browser'])
  })

  it.each([
    [
      'Deno',
      join(tools, '@deno/linux-x64-glibc/deno'),
      ['run', '--allow-read', '--allow-env', '--no-lock', '--node-modules-dir=manual', 'load.mjs'],
    ],
    ['Bun', join(tools, '@oven/bun-linux-x64/bin/bun'), ['run', 'load.mjs']],
  ])('%s runs it to the same bits', (_, program, words) => {
    write(folder, {
      'load.mjs': `import { readFileSync } from 'node:fs'\nimport { loadPolicy } from 'bpd'\nconst bytes = new Uint8Array(readFileSync('student.bpd'))\n${printBits}\nconsole.log(bits.join(' '))\n`,
    })
    expect(printed(folder, program, words, { ...process.env, DENO_NO_UPDATE_CHECK: '1' }).trim()).toBe(bits)
  })

  it('npm would publish it, with what it says and nothing else', () => {
    const { status, stdout, stderr } = spawnSync(
      'npm',
      ['publish', '--dry-run', '--json', '--ignore-scripts', inject('tarball')],
      { cwd: folder, encoding: 'utf8' },
    )
    expect({ status, stderr: status ? stderr : '' }).toEqual({ status: 0, stderr: '' })
    const said = JSON.parse(stdout)
    const files: { path: string }[] = (said.bpd ?? said).files
    const tops = new Set(files.map(({ path }) => path.split('/')[0]))
    expect([...tops].sort()).toEqual([
      'LICENSE',
      'README.md',
      'clients',
      'dist',
      'firmware-bridge',
      'models',
      'package.json',
      'studies',
    ])
    expect(files.filter(({ path }) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([])
  })
})
