/** Collecting streams: what it holds in memory is bounded, however much goes to disk. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { randomStream } from '../../trainer/random.ts'
import { encodeTeacher } from '../../trainer/teachers/teacher.ts'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-memory-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

it('200,000 transitions of the ant, with 2 workers, take at most 200 MB over the data', () => {
  const random = randomStream(1, 'memory')
  const weights = Float32Array.from({ length: 27 * 8 }, () => random.normal())
  const layer = { inputs: 27, outputs: 8, activation: 'tanh' as const, weights, bias: new Float32Array(8) }
  const [actionLow, actionHigh] = [Array(8).fill(-1), Array(8).fill(1)]
  const teacher = { network: { layers: [layer] }, squash: 'tanh' as const, actionLow, actionHigh, metadata: {} }
  writeFileSync(at('teacher.safetensors'), encodeTeacher(teacher))
  writeFileSync(
    at('peak.mjs'),
    `import { writeFileSync } from 'node:fs'
    import { isMainThread } from 'node:worker_threads'
    const tell = () => writeFileSync(process.env.PEAK, String(1024 * process.resourceUsage().maxRSS))
    if (isMainThread) process.on('exit', tell)`,
  )
  const [file, peak] = [at('transitions.safetensors'), at('peak')]
  const words = ['--teacher', at('teacher.safetensors'), '--transitions', '200000', '--workers', '2', '--out', file]
  const { status } = spawnSync(process.execPath, ['--import', at('peak.mjs'), main, 'collect', 'ant', ...words], {
    env: { ...process.env, PEAK: peak },
  })
  expect(status).toBe(0)
  const data = statSync(file).size
  expect(data).toBeGreaterThan(200_000 * 73 * 4)
  const over = Number(readFileSync(peak, 'utf8')) - data
  console.log(`${Math.round(over / 1e6)} MB over ${Math.round(data / 1e6)} MB of data`)
  expect(over).toBeLessThan(200e6)
})
