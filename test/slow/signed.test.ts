import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newKey, signPolicy } from '../../firmware-bridge/host/signing.ts'
import { bpdIn } from '../support/command.ts'

const models = fileURLToPath(new URL('../../models/pendulum/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-signed-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))
const teacher = join(models, 'teacher.safetensors')
beforeAll(() => {
  const student = readFileSync(join(models, 'student.bpd'))
  writeFileSync(at('plain.bpd'), student)
  writeFileSync(at('signed.bpd'), signPolicy(student, newKey(), 3))
  const words = ['collect', 'pendulum', '--teacher', teacher, '--transitions', '500', '--out', 'data.safetensors']
  expect(bpdIn(folder, ...words).status).toBe(0)
})

const board = '--port in-process-signed'
const few = '--episodes 2 --workers 1'
const short = '--prune obd --keep 20 --tune-updates 50 --rounds 1 --round-updates 50 --stage-updates 50'
/** of every verb that takes a policy, which stands for POLICY */
const verbs = {
  eval: `eval pendulum POLICY ${few}`,
  compare: `compare pendulum POLICY ${few} --force`,
  search: 'search pendulum POLICY --episodes 70 --report-episodes 2 --out searched --force',
  distill: `distill pendulum --teacher TEACHER --from POLICY --data data.safetensors ${short} --out d --force`,
  quantise: 'quantise POLICY --values f16 --data data.safetensors --episodes 2 --out q.bpd --force',
  export: 'export POLICY --form c --out x.c --force',
  inspect: 'inspect POLICY',
  flash: `flash POLICY ${board}`,
  bench: `bench POLICY ${board} --count 10`,
  loop: `loop pendulum POLICY ${board} --episodes 1`,
}

it.each(Object.entries(verbs))('a signed policy is taken wherever one is taken: %s', (_, line) => {
  for (const policy of ['plain.bpd', 'signed.bpd']) {
    const words = line.replace('POLICY', policy).replace('TEACHER', teacher).split(' ')
    const { status, stderr } = bpdIn(folder, ...words)
    expect(status, stderr).toBe(0)
  }
})
