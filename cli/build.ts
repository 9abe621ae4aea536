/** Builds dist/, what the package ships: JavaScript with types and source maps, the training kernels, what is bundled, and the page. `npm run build` runs it. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const inDist = (path: string) => join(root, 'dist', path)

rmSync(inDist('.'), { recursive: true, force: true })
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(1)

chmodSync(inDist('cli/bpd.js'), 0o755)
for (const kernels of ['relaxed', 'simd']) {
  const file = `trainer/kernels/build/kernels.${kernels}.wasm`
  cpSync(join(root, file), inDist(file))
}
// a tree-shaken part of it, in one file
await build({
  entryPoints: [join(root, 'cli/report/echarts.ts')],
  outfile: inDist('cli/report/echarts.js'),
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  minify: true,
  legalComments: 'none',
})
rmSync(inDist('cli/report/echarts.js.map'))
const licences = ['echarts/LICENSE', 'echarts/NOTICE', 'zrender/LICENSE', 'tslib/LICENSE.txt']
const texts = licences.map((file) => `${file}\n\n${readFileSync(join(root, 'node_modules', file), 'utf8')}`)
writeFileSync(inDist('cli/report/echarts.LICENCES.txt'), texts.join('\n\n'))

await import('../site/build.ts')
