import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Command } from 'commander'
import { writeFile } from '../../runtime-as/replace.ts'
import { evaluate } from '../../trainer/tasks/evaluate.ts'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { teach, teachDefaults } from '../../trainer/teachers/teach.ts'
import { decodeTeacher, encodeTeacher } from '../../trainer/teachers/teacher.ts'
import { makeFolder } from '../files.ts'
import { printResult, seconds, withProgress } from '../terminal.ts'
import {
  addVerb,
  type CommonOptions,
  episodesOption,
  integer,
  list,
  number,
  seedOption,
  threadsOption,
} from '../verb.ts'
import { versions } from '../versions.ts'

interface Options extends CommonOptions {
  steps: number
  hidden: number[]
  rate: number
  exploration: number
  episodes: number
  seed: number
  threads: number
  fused: boolean
  out: string
}

export function addTeach(program: Command): void {
  addVerb(
    program,
    'teach <task>',
    'trains a dense teacher by TD3; writes teacher.safetensors and card.json',
    'bpd teach pendulum --steps 20000 --seed 1 --out models/pendulum',
  )
    .option('--steps <n>', 'environment steps', integer(teachDefaults.randomSteps + 1), 20000)
    .option('--hidden <sizes>', 'hidden sizes', list(integer(1, 1024)), [...teachDefaults.hidden])
    .option('--rate <x>', 'learning rate of actor and critics', number(1e-7, 1), teachDefaults.rate)
    .option('--exploration <x>', 'noise, in half action ranges', number(0, 1), teachDefaults.exploration)
    .addOption(episodesOption(100))
    .addOption(seedOption())
    .addOption(threadsOption())
    .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without', false)
    .requiredOption('--out <folder>', 'where the teacher and its card go')
    .action(run)
}

async function run(taskName: string, options: Options): Promise<void> {
  await prepareTask(taskName)
  const task = createTask(taskName)
  makeFolder(options.out)
  const { steps, hidden, rate, exploration, seed, threads, fused } = options
  const started = performance.now()
  const bytes = await withProgress(`teaching ${taskName}`, async (progress) => {
    const teacher = await teach(
      () => createTask(taskName),
      { ...teachDefaults, steps, hidden, rate, exploration, seed, threads, fused },
      (p) => {
        const left = ((performance.now() - started) / 1000) * (p.steps / p.step - 1)
        progress.update(
          `teaching ${taskName}: step ${p.step}/${p.steps}, return ${p.return.toFixed(1)}, best ${p.best.toFixed(1)}, ` +
            `critic loss ${p.criticLoss.toPrecision(3)}, ${seconds(left)} left`,
        )
      },
    )
    progress.done(`taught ${taskName} in ${seconds((performance.now() - started) / 1000)}`)
    return encodeTeacher({
      ...teacher,
      metadata: { algorithm: 'TD3', env: taskName, steps: `${steps}`, seed: `${seed}` },
    })
  })
  const wallSeconds = Math.round((performance.now() - started) / 1000)
  const file = join(options.out, 'teacher.safetensors')
  // what is measured is what was written
  const control = teacherController(decodeTeacher(bytes, file), task.spec)
  const card = {
    task: taskName,
    file: 'teacher.safetensors',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    algorithm: 'TD3',
    sizes: [task.spec.observationNames.length, ...hidden, task.spec.actionNames.length],
    ...{ steps, seed, rate, exploration, fused },
    return: evaluate(task, control, seed, 'report', options.episodes),
    wallSeconds,
    command:
      `bpd teach ${taskName} --steps ${steps} --hidden ${hidden.join(',')} --rate ${rate} --exploration ${exploration} ` +
      `--seed ${seed}${fused ? ' --fused' : ''} --out ${options.out}`,
    licence: 'MIT, as the rest of this repository',
    versions: versions(),
  }
  await writeFile(file, bytes)
  await writeFile(join(options.out, 'card.json'), `${JSON.stringify(card, null, 2)}\n`)
  printResult(
    options.json,
    card,
    () =>
      `${file}: return ${card.return.mean.toFixed(1)} ± ${card.return.std.toFixed(1)} over ${options.episodes} episodes`,
  )
}
