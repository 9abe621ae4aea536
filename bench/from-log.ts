/**
 * From an ONNX file and a log to a .bpd and C, for the quadruped policies of a folder that is given (playground-go1.onnx, mjlab-anymal-c.onnx):
 * how long each command takes, and the error of the students on episodes that were held out, against their weights. One JSON object.
 *
 *   node bench/from-log.ts FOLDER [rows]
 *
 * There is no simulator of either robot here: the states are made by running the policy on a stand-in (stand-in.ts), which takes longer than
 * all that is measured and is not counted.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openTeacher } from '../trainer/teachers/import.ts'
import { teacherController } from '../trainer/teachers/policy.ts'
import { observationNames, period, standInLog } from './stand-in.ts'

const [policies, rows = '100000'] = process.argv.slice(2)
const bpd = fileURLToPath(new URL('../cli/bpd.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-from-log-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const robots = [
  { name: 'playground-go1', actionScale: 0.5, follow: 0.35 },
  { name: 'mjlab-anymal-c', actionScale: 0.5, follow: 0.1 },
]
const actionNames = Array.from({ length: 12 }, (_, i) => `u${i}`)

/** Seconds on the clock, and of all cores together. */
interface Time {
  seconds: number
  cpuSeconds: number
}

/** Runs the command and gives what it printed as JSON. */
function timed(...words: string[]): { time: Time; result: Record<string, unknown> } {
  const quoted = [process.execPath, bpd, ...words, '--json', '--quiet'].map((word) => `'${word}'`).join(' ')
  const script = `TIMEFORMAT='%R %U %S'; time ${quoted}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const [seconds, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { time: { seconds, cpuSeconds: Number((user + system).toFixed(2)) }, result: JSON.parse(stdout) }
}

/** Writes the log; gives the range of each action in it. */
async function writeLog(policy: string, path: string, { name, ...robot }: (typeof robots)[number]) {
  const teacher = await openTeacher(policy)
  const actionLow = teacher.actionLow ?? actionNames.map(() => -1e6)
  const actionHigh = teacher.actionHigh ?? actionNames.map(() => 1e6)
  const control = teacherController(teacher, { name, observationNames, actionNames, period, actionLow, actionHigh })
  const { log, width } = standInLog(control, { seed: 1, rows: Number(rows), steps: 1000, ...robot })
  const file = openSync(path, 'w')
  writeSync(file, `episode,time,${[...observationNames, ...actionNames].join(',')}\n`)
  const low = actionNames.map(() => Infinity)
  const high = actionNames.map(() => -Infinity)
  for (let row = 0; row * width < log.length; row++) {
    const numbers = log.subarray(row * width, (row + 1) * width)
    const time = ((row % 1000) * period).toFixed(3)
    writeSync(
      file,
      `${Math.floor(row / 1000)},${time},${Array.from(numbers, (x) => Number(x.toPrecision(7))).join(',')}\n`,
    )
    for (let i = 0; i < 12; i++) {
      const x = numbers[observationNames.length + i]
      low[i] = Math.min(low[i], x)
      high[i] = Math.max(high[i], x)
    }
  }
  return { low, high, bounded: teacher.actionLow !== undefined }
}

const results = []
for (const robot of robots) {
  const { name } = robot
  const policy = join(policies, `${name}.onnx`)
  const { low, high, bounded } = await writeLog(policy, join(folder, `${name}.csv`), robot)
  const imported = timed('import', policy, '--out', name)
  // rsl_rl's policies bound nothing: the range of the log
  const bounds = bounded ? [] : [`--action-low=${low.join(',')}`, `--action-high=${high.join(',')}`]
  const columns = ['--observations', observationNames.join(','), '--actions', actionNames.join(',')]
  const data = ['--teacher', name, '--data', `${name}.csv`, ...columns, ...bounds]
  const distilled = timed('distill', ...data, '--out', `${name}-student`)
  const exported = timed('export', `${name}-student/student.bpd`, '--form', 'c', '--out', `${name}-student/policy.c`)
  const record = JSON.parse(readFileSync(join(folder, `${name}-student/distill.json`), 'utf8'))
  const { rmse, p99, max, spread } = record.heldOut.error
  const parts = { import: imported.time, distill: distilled.time, export: exported.time }
  const total = (key: keyof Time) =>
    Number(
      Object.values(parts)
        .reduce((sum, time) => sum + time[key], 0)
        .toFixed(1),
    )
  results.push({
    policy: `${name}.onnx`,
    teacherSizes: imported.result.sizes,
    bounds: bounded ? "the teacher's" : 'the range of the log',
    student: { weights: record.weights, bytes: record.bytes, error: { rmse, p99, max, spread } },
    sweep: record.sweep.map(({ weights, bytes, tunedError }: Record<string, number>) => ({
      weights,
      bytes,
      tunedError,
    })),
    heldOut: { ...record.heldOut, error: undefined },
    total: { seconds: total('seconds'), cpuSeconds: total('cpuSeconds') },
    parts,
  })
}
const machine = { cpu: cpus()[0].model, cores: availableParallelism(), node: process.versions.node }
const states = 'the policy on a stand-in: joints that follow with a lag, a body that wanders; no simulator, no walk'
console.log(JSON.stringify({ rows: Number(rows), states, results, machine }))
