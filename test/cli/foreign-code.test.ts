/** What the code of a task of one's own does to the command that runs it: it may print, and may not end it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTask, prepareTask } from '../../trainer/tasks/registry.ts'
import { bpd, bpdIn } from '../support/command.ts'
import { plainPolicy } from '../support/own-policy.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-foreign-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A cart whose third step in a thread does something. */
const cart = (third: string, more = '') => `${more}
let steps = 0
const create = () => ({
  observation: [0, 0],
  terminated: false,
  reset(random) { this.observation = [random.uniform(-1, 1), 0] },
  step([push]) {
    if (++steps === 3) { ${third} }
    this.observation = [this.observation[0] + 0.1 * push, push]
    return 1 - this.observation[0] ** 2
  },
})
export default {
  name: 'cart', observationNames: ['place', 'speed'], actionNames: ['push'], actionLow: [-1], actionHigh: [1],
  period: 0.05, maxSteps: 20, create,
}
`
const prints = `console.log('a line'); process.stdout.write('and more\\n')`
const evaluated = (task: string, workers: string) =>
  bpdIn(folder, 'eval', task, 'plain.bpd', '--episodes', '4', '--workers', workers, '--quiet', '--json')

beforeAll(async () => {
  writeFileSync(join(folder, 'quiet.mjs'), cart(''))
  writeFileSync(join(folder, 'ends.mjs'), cart('process.exit(0)'))
  writeFileSync(join(folder, 'prints.mjs'), cart(prints, prints))
  const quiet = join(folder, 'quiet.mjs')
  await prepareTask(quiet)
  writeFileSync(join(folder, 'plain.bpd'), plainPolicy(createTask(quiet).spec))
})

describe('a task that ends its process', () => {
  it.each(['1', '2'])('is a failure of one line, with %s workers', (workers) => {
    const { status, stdout, lines } = evaluated('./ends.mjs', workers)
    const message = './ends.mjs: a worker ended (exit 0) that owed an answer: a task must not end its process'
    expect({ status, lines }).toEqual({ status: 1, lines: [`bpd: ${message}`] })
    expect(JSON.parse(stdout)).toEqual({ error: { kind: 'failed', message } })
  })

  it('is one where it collects, and leaves no file', () => {
    const small = ['--steps', '40', '--random-steps', '20', '--hidden', '8', '--batch-size', '8', '--episodes', '1']
    const taught = bpdIn(folder, 'teach', './quiet.mjs', ...small, '--out', 'teacher')
    expect(taught.status, taught.stderr).toBe(0)
    const words = ['collect', './ends.mjs', '--teacher', 'teacher', '--transitions', '90', '--out', 'rows.safetensors']
    const { status, lines } = bpdIn(folder, ...words, '--quiet')
    expect({ status, lines: lines.length }).toEqual({ status: 1, lines: 1 })
    expect(bpdIn(folder, 'inspect', 'rows.safetensors').status).toBe(2)
  })

  it('is one where it teaches', () => {
    const { status, stdout, lines } = bpdIn(folder, 'teach', './ends.mjs', '--quiet', '--json', '--out', 'taught')
    const message = 'the process ended (exit 0) before the work was done: a task must not end it'
    expect({ status, lines }).toEqual({ status: 1, lines: [`bpd: ${message}`] })
    expect(JSON.parse(stdout)).toEqual({ error: { kind: 'failed', message } })
  })

  it('is one where it waits for what never comes', () => {
    writeFileSync(
      join(folder, 'never.mjs'),
      cart('').replace('create,', 'create, prepare: () => new Promise(() => {}),'),
    )
    const { status, stdout, stderr } = evaluated('./never.mjs', '1')
    expect(status, stderr).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'failed' } })
  })
})

describe('a promise of a task that is rejected where nobody waits for it', () => {
  it.each(['1', '2'])('is a failure of one line that names the task, with %s workers', (workers) => {
    writeFileSync(join(folder, 'floats.mjs'), cart("Promise.reject(new Error('adrift'))"))
    const { status, lines } = evaluated('./floats.mjs', workers)
    const message = './floats.mjs: Error: adrift, where nobody waited for it'
    expect({ status, lines }).toEqual({ status: 1, lines: [`bpd: ${message}`] })
  })
})

describe('a task that holds something open', () => {
  const timer = 'setInterval(() => {}, 1000)'
  const server = `;(await import('node:net')).createServer().listen(0, '127.0.0.1')`

  it.each([timer, server])('does not keep a verb from ending once its result is told: %s', async (holds) => {
    writeFileSync(join(folder, 'holds.mjs'), cart('', holds))
    const words = ['eval', './holds.mjs', 'plain.bpd', '--episodes', '4', '--quiet', '--json']
    const child = spawn(process.execPath, [bpd, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    const [code] = await Promise.race([once(child, 'close'), later(15_000, ['it stays'])])
    child.kill('SIGKILL')
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({ code: 0, result: { task: 'cart' } })
  })
})

// a shell's pipe, which holds less than the result
describe.skipIf(process.platform === 'win32')('a result that is read slowly', () => {
  it('is there to its last letter when the command ends', () => {
    const names = Array.from({ length: 1500 }, (_, i) => `column ${i}`)
    writeFileSync(join(folder, 'wide.csv'), `${names}\n${names.map((_, i) => i)}\n`)
    const words = [process.execPath, bpd, 'inspect', 'wide.csv', '--json', '--quiet']
    const slowly = ['-c', '"$@" | { sleep 1; cat; }', 'sh', ...words]
    const { stdout } = spawnSync('sh', slowly, { cwd: folder, encoding: 'utf8' })
    expect(stdout.length).toBeGreaterThan(1 << 17)
    expect(JSON.parse(stdout)).toMatchObject({ rows: 1 })
  })
})

describe('what a task prints', () => {
  it.each(['1', '2'])('is on standard error, beside one JSON object on standard output, with %s workers', (workers) => {
    const { status, stdout, stderr } = evaluated('./prints.mjs', workers)
    expect({ status, result: JSON.parse(stdout) }).toMatchObject({ status: 0, result: { task: 'cart' } })
    expect(JSON.parse(stdout)).toEqual(JSON.parse(evaluated('./quiet.mjs', workers).stdout))
    expect(stderr).toContain('a line\nand more\n')
  })
})

describe('Ctrl-C', () => {
  /** Exit code and seconds from the first signal, of as many as are sent, a second apart. */
  async function interrupted(signals: number, ...words: string[]): Promise<{ code: number | null; seconds: number }> {
    const child = spawn(process.execPath, [bpd, ...words, '--quiet'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    // the module says when it is where it will stay
    await once(child.stderr, 'data')
    const began = performance.now()
    for (let i = 0; i < signals; i++) {
      if (i > 0) await later(1000)
      child.kill('SIGINT')
    }
    const [code] = await Promise.race([ended, later(8000, [undefined])])
    child.kill('SIGKILL')
    return { code, seconds: (performance.now() - began) / 1000 }
  }

  it('is heard where a step of a module never returns, also with one worker', async () => {
    writeFileSync(join(folder, 'hangs.mjs'), cart('console.log("now"); for (;;) {}'))
    const words = ['eval', './hangs.mjs', 'plain.bpd', '--workers', '1']
    expect(await interrupted(1, ...words)).toMatchObject({ code: 130 })
  })

  it('that comes a second time is heard within an episode of slow steps', async () => {
    const slow = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)'
    const says = 'console.log("now")'
    writeFileSync(join(folder, 'slow.mjs'), cart(says).replace('if (++steps', `if (steps >= 2) ${slow}; if (++steps`))
    const teach = ['teach', './slow.mjs', '--hidden', '8', '--batch-size', '8', '--random-steps', '4']
    const often = ['--steps', '400', '--evaluate-every', '10']
    const { code, seconds } = await interrupted(2, ...teach, ...often, '--out', 'slow')
    expect(code).toBe(130)
    expect(seconds).toBeLessThan(4)
  })
})
