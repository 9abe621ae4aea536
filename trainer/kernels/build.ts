/** Compiles the training kernels twice: with relaxed SIMD (fused multiply-add where the CPU has it) and with plain SIMD. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import asc from 'assemblyscript/asc'
import { tileSource } from './tile-source.ts'

const here = new URL('.', import.meta.url)
const path = (name: string) => new URL(name, here).pathname

mkdirSync(path('build'), { recursive: true })
writeFileSync(path('assembly/tile.ts'), tileSource())

for (const [name, features] of [
  ['kernels.relaxed.wasm', ['--enable', 'relaxed-simd']],
  ['kernels.simd.wasm', []],
] as const) {
  const partial = path(`build/${name}.partial`)
  const { error, stderr } = await asc.main([
    path('assembly/index.ts'),
    ...['-o', partial, '-O3', '--converge', '--runtime', 'stub', '--noAssert'],
    ...['--enable', 'simd', '--enable', 'threads', ...features],
    // constants below 4096, where the trainer's memory begins
    ...['--memoryBase', '2048'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ])
  if (error) {
    process.stderr.write(stderr.toString())
    throw error
  }
  renameSync(partial, path(`build/${name}`))
}
