/** Most memory that distilling from a million transitions of the ant (observations 27, actions 8) takes, as one JSON object. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnsOf } from '../trainer/data/columns.ts'
import { readTransitions, writeTransitions } from '../trainer/data/transitions.ts'
import { distillOptions } from '../trainer/distill/options.ts'
import { Session } from '../trainer/distill/session.ts'
import { loadBackend } from '../trainer/kernels/backend.ts'
import { randomStream } from '../trainer/random.ts'
import { Pendulum } from '../trainer/tasks/pendulum.ts'

const count = 1_000_000
const names = (n: number) => Array.from({ length: n }, (_, i) => `x${i}`)
// the ant's sizes on another task's dynamics: no step of it is made here, and no physics engine is counted
const spec = {
  ...new Pendulum().spec,
  name: 'ant-sized',
  observationNames: names(27),
  actionNames: names(8),
  actionLow: new Array(8).fill(-1),
  actionHigh: new Array(8).fill(1),
}

function* episodes(): Generator<Float32Array> {
  const { width, terminal, timeout } = columnsOf(27, 8)
  const random = randomStream(1, 'memory')
  const rows = Float32Array.from({ length: 1000 * width }, () => random.uniform())
  for (let at = 0; at < rows.length; at += width) {
    rows[at + terminal] = 0
    rows[at + timeout] = 0
  }
  for (let i = 0; i < count / 1000; i++) yield rows
}

async function measure(path: string): Promise<void> {
  const transitions = readTransitions(path, spec)
  const options = distillOptions('ant', { seed: 1, threads: 1 })
  const never = () => {
    throw new Error('nothing is evaluated here')
  }
  const judge = { measure: 'return', training: transitions, score: never, decide: never } as const
  const how = { cloneLabels: false, scaled: false, identity: {} }
  const job = {
    contract: spec,
    judge,
    training: transitions,
    ...how,
    policyOf: never,
    controllerOf: never,
    bytesOf: never,
    options,
  }
  const session = new Session(job, await loadBackend('fast'))
  session.trainer.setMode('paper')
  session.trainer.run(10)
  session.useTeacherActions()
  session.trainer.run(10)
  session.trainer.close()
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  const figures = { transitions: count, fileMB: megabytes(statSync(path).size) }
  const { maxRSS } = process.resourceUsage()
  console.log(
    JSON.stringify({
      ...figures,
      bufferMB: megabytes(session.trainer.data.byteLength),
      mostMB: megabytes(maxRSS * 1024),
    }),
  )
}

const [path] = process.argv.slice(2)
if (path) await measure(path)
else {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-memory-'))
  const file = join(folder, 'transitions.safetensors')
  try {
    await writeTransitions(file, spec, episodes(), {})
    spawnSync(process.execPath, [import.meta.filename, file], { stdio: 'inherit' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
