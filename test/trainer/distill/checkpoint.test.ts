/** More kills, and one while tuning: test/slow/checkpoint.test.ts */
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeTeacher, loadTeacher } from '../../../trainer/teachers/teacher.ts'
import {
  checkpoint,
  collectData,
  expectSameAfterKills,
  folder,
  run,
  start,
  teacher,
  untilSaved,
  words,
} from '../../support/interrupted-run.ts'

describe('a distillation', { timeout: 60_000 }, () => {
  beforeAll(() => {
    collectData()
    run(words('whole'))
  }, 60_000)

  it('killed at a random moment and resumed has the bytes and the curve of one that never stopped', () =>
    expectSameAfterKills(1))

  it('interrupted by Ctrl-C saves, leaves with 130 and says how to go on', async () => {
    const child = start(words('interrupted', 1_000_000))
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    await untilSaved('interrupted')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted at step \d+; --resume continues/)
    expect(existsSync(join(folder, 'interrupted/student.bpd'))).toBe(false)
  })

  it('refuses to resume with other options, other data, another teacher, or from an altered checkpoint', async () => {
    const refused = (arguments_: string[], message: string) => {
      try {
        run(arguments_)
        expect.unreachable()
      } catch (error) {
        const { status, stderr } = error as { status: number; stderr: string }
        expect(status).toBe(2)
        expect(stderr).toContain(message)
      }
    }
    refused(
      [...words('interrupted', 5000), '--resume'],
      'steps: the checkpoint was made with 1000000, this run has 5000',
    )
    const other = join(folder, 'other.safetensors')
    const taught = loadTeacher(teacher)
    taught.network!.layers[0].bias[0] += 0.1
    writeFileSync(other, encodeTeacher(taught))
    const another = words('interrupted', 1_000_000).map((word) => (word === teacher ? other : word))
    refused([...another, '--resume'], 'teacher: the checkpoint was made with')
    const bytes = readFileSync(checkpoint('interrupted'))
    bytes[bytes.length - 1000] ^= 1
    writeFileSync(checkpoint('interrupted'), bytes)
    refused([...words('interrupted', 1_000_000), '--resume'], 'altered')
  })
})
