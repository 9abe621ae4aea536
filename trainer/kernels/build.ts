/** Compiles the training kernels twice: with relaxed SIMD (fused multiply-add where the CPU has it) and with plain SIMD. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from '../../runtime-as/kernel/compile.ts'
import { tileSource } from './tile-source.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
writeFileSync(`${folder}assembly/tile.ts`, tileSource())

const options = [
  '-O3',
  '--converge',
  '--runtime=stub',
  '--noAssert',
  '--enable=simd',
  '--enable=threads',
  // constants below 4096, where the trainer's memory begins
  '--memoryBase=2048',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory=1',
  '--maximumMemory=65536',
]
await compile(folder, 'build/kernels.relaxed.wasm', [...options, '--enable=relaxed-simd'])
await compile(folder, 'build/kernels.simd.wasm', options)
