/** Builds the page into dist/page: what `bpd view` serves. The engine's wasm, models and firmware are added by who serves it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { measuredCosts } from './measured.ts'
import { contentPolicy } from './policy.ts'
import { withoutEval } from './without-eval.ts'

const site = fileURLToPath(new URL('.', import.meta.url))
const root = join(site, '..')
const out = join(root, 'dist/page')

const policy: Plugin = {
  name: 'content policy',
  transformIndexHtml: (html) => html.replace('%POLICY%', contentPolicy),
}

/** Its bindings are text that becomes code in a browser; here the same as closures. */
const engine: Plugin = {
  name: 'the engine without eval',
  transform(code, id) {
    return /@mujoco[\\/]mujoco[\\/]mujoco\.js$/.test(id) ? withoutEval(code) : undefined
  },
}

await build({
  root: site,
  base: './',
  configFile: false,
  logLevel: 'warn',
  plugins: [policy, engine],
  resolve: {
    alias: ['zlib', 'crypto', 'timers/promises'].map((name) => ({
      find: `node:${name}`,
      replacement: join(site, `node/${name.replace('/', '-')}.ts`),
    })),
  },
  worker: { format: 'es' },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { external: ['module', 'fs', 'path', 'url', 'crypto'] },
  },
})

writeFileSync(join(out, 'costs.json'), JSON.stringify(measuredCosts(root)))
writeFileSync(join(out, 'LICENCES.txt'), licenceTexts())
writeFileSync(join(out, 'parts.json'), JSON.stringify(readdirSync(join(out, 'assets')).map((name) => `assets/${name}`)))

/** Of what is bundled. */
function licenceTexts(): string {
  const bundled = ['three/LICENSE', 'rp2040js/LICENSE']
  const texts = bundled.map((file) => `${file}\n\n${readFileSync(join(root, 'node_modules', file), 'utf8')}`)
  texts.unshift(`bpd\n\n${readFileSync(join(root, 'LICENSE'), 'utf8')}`)
  texts.push(
    '@mujoco/mujoco: Apache License, Version 2.0, http://www.apache.org/licenses/LICENSE-2.0\nCopyright DeepMind Technologies Limited',
  )
  return texts.join('\n\n')
}
