import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { collect, collectDefaults } from '../../trainer/data/collect.ts'
import { readTransitions } from '../../trainer/data/transitions.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { teacherController } from '../../trainer/teachers/policy.ts'
import { loadTeacher } from '../../trainer/teachers/teacher.ts'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const teacher = fileURLToPath(new URL('../../models/pendulum/teacher.safetensors', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bpd-collect-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('bpd collect', () => {
  it.each([1, 2])('stopped by Ctrl-C with %i workers keeps the whole episodes so far', async (workers) => {
    const file = join(folder, `${workers}.safetensors`)
    const words = ['--teacher', teacher, '--transitions', '100000000', '--workers', `${workers}`, '--out', file]
    const child = spawn(process.execPath, [main, 'collect', 'pendulum', ...words])
    const code = new Promise((resolve) => child.once('exit', resolve))
    let stderr = ''
    child.stderr.on('data', (text) => {
      stderr += text
    })
    // a few episodes are on the disk
    const half = () => readdirSync(folder).find((name) => name.startsWith(`${basename(file)}.part-${child.pid}-`))
    const size = (name?: string) => (name ? (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) : 0)
    while (size(half()) < 40_000) await sleep(5)
    child.kill('SIGINT')
    expect(await code).toBe(130)
    const task = new Pendulum()
    const transitions = readTransitions(file, task.spec)
    const { count, metadata } = transitions
    expect(stderr).toContain(`holds the whole episodes so far, ${count} of 100000000 transitions`)
    expect(count).toBe(200 * Number(metadata.episodes))
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([])
    const options = { transitions: count, sigmas: collectDefaults.sigmas, seed: 1 }
    const whole = [...collect(task, teacherController(loadTeacher(teacher), task.spec), options)]
    whole.forEach((episode, i) => {
      expect(transitions.read(200 * i, 200)).toEqual(episode)
    })
    expect(200 * whole.length).toBe(count)
  })
})
