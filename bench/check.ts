/**
 * How often `bpd check` names a mistake that was planted, as JSON: for each mistake what was named first, over policies, seeds and noise; and how
 * often it accuses where nothing is wrong.
 *
 *     node bench/check.ts [--seeds 3] [--policies hopper,ant] [--plants sign,unit] [--noise 0.1:0] [--verbose]
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Noise, playedLog, type Sample, wanderingLog } from '../test/support/check-logs.ts'
import { plants } from '../test/support/planted.ts'
import { Bench } from '../trainer/check/bench.ts'
import { checkPolicy, type Diagnosis } from '../trainer/check/check.ts'
import { openPolicy } from '../trainer/check/policies.ts'
import { randomStream } from '../trainer/random.ts'
import { createTask, prepareTask } from '../trainer/tasks/registry.ts'
import { teacherController } from '../trainer/teachers/policy.ts'
import { loadTeacher } from '../trainer/teachers/teacher.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2' },
    policies: { type: 'string', default: '' },
    plants: { type: 'string', default: '' },
    rows: { type: 'string', default: '3000' },
    noise: { type: 'string', default: '0:0,0.1:0,0.05:0.02' },
    verbose: { type: 'boolean', default: false },
  },
})

const files: [name: string, task: string, path: string][] = [
  ['pendulum', 'pendulum', 'models/pendulum/teacher.safetensors'],
  ['hopper', 'hopper', 'models/hopper/teacher.safetensors'],
  ['hopper-trpo', 'hopper', 'models/hopper/public/teacher.safetensors'],
  ['walker2d', 'walker2d', 'models/walker2d/teacher.safetensors'],
  ['walker2d-trpo', 'walker2d', 'models/walker2d/public/teacher.safetensors'],
  ['halfcheetah', 'halfcheetah', 'models/halfcheetah/teacher.safetensors'],
  ['ant', 'ant', 'models/ant/teacher.safetensors'],
]
/** of actions in half ranges, of observations in their spreads */
const noises: Noise[] = values.noise.split(',').map((pair) => {
  const [action, sensor] = pair.split(':').map(Number)
  return { action, sensor }
})

const wanted = (list: string, name: string) => list === '' || list.split(',').includes(name)
const table: Record<string, { named: number; of: number; small: number; first: Record<string, number> }> = {}
const wrong: string[] = []
const well = { accused: 0, of: 0, verdicts: {} as Record<string, number> }
let [slowest, most] = [0, 0]

async function diagnose(sample: Pick<Sample, 'policy' | 'log' | 'bounds' | 'normaliser'>): Promise<Diagnosis> {
  const start = performance.now()
  const found = await checkPolicy(sample.policy, sample.log, {
    bounds: sample.bounds,
    normaliser: sample.normaliser,
    rows: 600,
    seed: 1,
  })
  slowest = Math.max(slowest, performance.now() - start)
  most = Math.max(most, found.evaluations)
  return found
}

/** Policies without a simulator of ours. */
const others: [name: string, path: string][] = [
  ['anymal', '../shared/reference/policies/mjlab-anymal-c.onnx'],
  ['go1', '../shared/reference/policies/playground-go1.onnx'],
  ['go2', '../shared/reference/policies/isaaclab-go2-torchscript.pt'],
]

async function* samples(): AsyncGenerator<(noise: Noise, seed: number) => Sample> {
  for (const [name, task, path] of files) {
    if (!wanted(values.policies, name)) continue
    await prepareTask(task)
    const { spec } = createTask(task)
    const control = teacherController(loadTeacher(path), spec)
    const policy = await openPolicy(path)
    const { bounds, normaliser, act } = policy
    yield (noise, seed) => {
      const log = playedLog(task, control, Number(values.rows), noise, seed)
      return { name, policy: act, log, bounds, noise, normaliser }
    }
  }
  for (const [name, path] of others) {
    if (!wanted(values.policies, name) || !existsSync(path)) continue
    const policy = await openPolicy(path)
    const { bounds, normaliser, act } = policy
    yield (noise, seed) => {
      const log = wanderingLog(policy, Number(values.rows), noise, seed)
      return { name, policy: act, log, bounds, noise, normaliser }
    }
  }
}

for await (const sampleOf of samples()) {
  for (const noise of noises)
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const sample = sampleOf(noise, seed)
      const { name, bounds } = sample
      const fine = await diagnose(sample)
      well.of++
      well.verdicts[fine.verdict] = (well.verdicts[fine.verdict] ?? 0) + 1
      if (!['explained', 'noisy'].includes(fine.verdict)) {
        well.accused++
        wrong.push(`${name} ${JSON.stringify(noise)} ${seed}: accused: ${said(fine)}`)
      }
      const options = { bounds, rows: 600, seed: 1 }
      const usual = errorOf(sample, options)
      for (const plant of plants) {
        if (!wanted(values.plants, plant.name)) continue
        const planted = plant.plant(sample, randomStream(seed, 'plant', plant.name, name))
        if (!planted) continue
        table[plant.name] ??= { named: 0, of: 0, small: 0, first: {} }
        const entry = table[plant.name]
        const it = { ...sample, ...planted }
        // what changes the error by less than the noise is no mistake that anyone can see
        const error = errorOf(it, options)
        const start = performance.now()
        const found = await diagnose(it)
        const first =
          found.verdict === 'mistake' || found.verdict === 'unexplained'
            ? (found.explanations[0]?.hypothesis ?? '-')
            : found.verdict
        const hit = found.verdict === 'mistake' && plant.named.includes(first)
        if (!hit && error < 1.6 * usual + 0.01) {
          entry.small++
          continue
        }
        entry.of++
        entry.first[`${found.verdict === 'unexplained' ? '?' : ''}${first}`] =
          (entry.first[`${found.verdict === 'unexplained' ? '?' : ''}${first}`] ?? 0) + 1
        if (hit) entry.named++
        else
          wrong.push(
            `${name} ${JSON.stringify(noise)} ${seed} ${plant.name} (${planted.what}), error ${usual.toFixed(3)} -> ${error.toFixed(3)}: ${said(found)}`,
          )
        if (values.verbose)
          console.error(
            name,
            JSON.stringify(noise),
            seed,
            plant.name,
            planted.what,
            hit ? 'ok' : said(found),
            `${Math.round(performance.now() - start)} ms`,
            found.evaluations,
          )
      }
    }
}

function errorOf(
  { policy, log }: Pick<Sample, 'policy' | 'log'>,
  options: ConstructorParameters<typeof Bench>[2],
): number {
  const bench = new Bench(policy, log, options)
  return bench.error(bench.asIs.judge, bench.judge.u)
}

function said({ verdict, asIs, explanations }: Diagnosis): string {
  const some = explanations
    .slice(0, 3)
    .map(
      (one) =>
        `${one.hypothesis} [${one.removed.toFixed(2)} ${one.score.toFixed(2)} R2 ${one.fit.explained.toFixed(2)} P ${one.fit.predictable.toFixed(2)}] ${one.mistake.slice(0, 90)}`,
    )
  return `${verdict} R2 ${asIs.explained.toFixed(2)} P ${asIs.predictable.toFixed(2)}; ${some.join(' | ')}`
}

const totals = Object.values(table).reduce((sum, { named, of }) => ({ named: sum.named + named, of: sum.of + of }), {
  named: 0,
  of: 0,
})
console.log(
  JSON.stringify(
    {
      ...totals,
      share: totals.named / totals.of,
      well,
      table,
      slowestMs: Math.round(slowest),
      mostEvaluations: most,
      wrong,
    },
    null,
    1,
  ),
)
