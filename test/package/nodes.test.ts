/** From an empty folder to the first table, under every Node that is supported. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { apiExamples, layOut, promised, type Ran } from '../support/api-examples.ts'
import { describeWith } from '../support/require.ts'
import {
  emptyFolder,
  expectedBits,
  install,
  need,
  nodes,
  present,
  printBits,
  printed,
  root,
  under,
  write,
} from './consumer.ts'

const short =
  '--steps 400 --tune-updates 200 --transitions 2000 --episodes 2 --inferences 8 --control-episodes 1'.split(' ')
const examples = apiExamples()
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** What the sources make of the same words, here. */
function fromSources(): { table: string; student: string } {
  const folder = emptyFolder()
  const table = printed(folder, process.execPath, [join(root, 'cli/bpd.ts'), 'demo', 'pendulum', ...short])
  return { table, student: sha256(join(folder, 'runs/demo-pendulum/student.bpd')) }
}

/** Wall times, and the few cycles by which an interrupt hits an inference or does not, differ between runs. */
const figures = (table: string) =>
  table
    .split('\n')
    .filter((line) => /weights|bytes|return/.test(line))
    .join('\n')

describeWith(need, present)('installed from its tarball', () => {
  let expected: ReturnType<typeof fromSources>
  beforeAll(() => {
    expected = fromSources()
  })

  describe.each(Object.keys(nodes))('under Node %s', (major) => {
    const node = nodes[major]
    const env = under(node)
    const [folder, elsewhere] = [emptyFolder(), emptyFolder()]
    beforeAll(() => install(folder, node))

    it('`npx bpd demo pendulum` prints the same figures and makes the same student', () => {
      const { status, stdout, stderr } = spawnSync('npx', ['bpd', 'demo', 'pendulum', ...short], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      expect({ status, stderr: status ? stderr : '' }).toEqual({ status: 0, stderr: '' })
      expect(figures(stdout)).toBe(figures(expected.table))
      expect(sha256(join(folder, 'runs/demo-pendulum/student.bpd'))).toBe(expected.student)
      // a newer Node trains faster, and that is said once
      expect(stderr.match(/hint: Node 24/g)?.length ?? 0).toBe(Number(major) < 24 ? 1 : 0)
    })

    it('fused multiply-add works too', () => {
      const words =
        'teach pendulum --fused --steps 300 --random-steps 100 --evaluate-every 100 --hidden 8,8 --episodes 1 --out fused'
      printed(folder, 'npx', ['bpd', ...words.split(' ')], env)
      const here = emptyFolder()
      printed(here, process.execPath, [join(root, 'cli/bpd.ts'), ...words.split(' ')])
      expect(sha256(join(folder, 'fused/teacher.safetensors'))).toBe(sha256(join(here, 'fused/teacher.safetensors')))
    })

    it('MuJoCo loads where a task needs it, and is named where it is not there', () => {
      const words = 'bpd eval hopper node_modules/bpd/models/hopper/student.bpd --episodes 1 --workers 1'.split(' ')
      expect(printed(folder, 'npx', words, env)).toContain('return')
      const [there, away] = [join(folder, 'node_modules/@mujoco'), join(folder, 'mujoco')]
      renameSync(there, away)
      try {
        printed(folder, 'npx', ['bpd', 'eval', 'pendulum', 'student.bpd', '--episodes', '1'], env)
        const { status, stderr } = spawnSync('npx', words, { cwd: folder, env, encoding: 'utf8' })
        const missing = 'bpd: @mujoco/mujoco is not installed: npm install @mujoco/mujoco\n'
        expect({ status, stderr }).toEqual({ status: 1, stderr: missing })
      } finally {
        renameSync(away, there)
      }
    })

    it('`import "bpd"` loads a policy, whose actions have the reference’s bits', async () => {
      const text = `import { readFileSync } from 'node:fs'\nimport { loadPolicy } from 'bpd'\nconst bytes = readFileSync('student.bpd')\n${printBits}\nconsole.log(bits.join(' '))\n`
      write(folder, { 'load.mjs': text })
      expect(printed(folder, node, ['load.mjs']).trim()).toBe(await expectedBits())
      const required = `require('bpd').loadPolicy(require('node:fs').readFileSync('student.bpd')).contract.task`
      // Node 20 has no `require` of ES modules; `import()` works in both
      const words =
        major === '20'
          ? `import('bpd').then(({ loadPolicy }) => console.log(typeof loadPolicy))`
          : `console.log(${required})`
      expect(printed(folder, node, ['-e', words]).trim()).toBe(major === '20' ? 'function' : 'pendulum')
    })

    it('every example of the exports runs and prints what it promises', () => {
      layOut(examples, elsewhere, join(folder, 'node_modules/bpd'))
      const ran: Ran[] = JSON.parse(printed(elsewhere, node, ['run.js']))
      expect(ran.map(({ error }) => error)).toEqual(examples.map(() => undefined))
      for (const [i, { code }] of examples.entries())
        for (const line of promised(code)) expect(ran[i].printed).toMatch(line)
    })

    it('what is not exported is not reachable', () => {
      for (const inside of ['bpd/dist/cli/main.js', 'bpd/trainer', 'bpd/runtime-as/kernel/policy.ts'])
        expect(spawnSync(node, ['-e', `import('${inside}')`], { cwd: folder, encoding: 'utf8' }).stderr).toContain(
          'ERR_PACKAGE_PATH_NOT_EXPORTED',
        )
    })

    it('wrong input is one line and exit code 2', () => {
      const { status, stdout, stderr } = spawnSync('npx', ['bpd', 'inspect', 'absent.bpd'], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: '',
        stderr: 'bpd: absent.bpd: cannot be read (ENOENT)\n',
      })
    })

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s saves a checkpoint', async (signal) => {
      mkdirSync(join(folder, 'signals'), { recursive: true })
      const out = join(folder, 'signals', signal)
      const schedule =
        '--steps 1000000 --random-steps 100 --evaluate-every 200 --hidden 16,16 --batch-size 16 --threads 1'
      const words = ['node_modules/bpd/dist/cli/bpd.js', 'teach', 'pendulum', ...schedule.split(' '), '--out', out]
      const child = spawn(node, words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
      child.stderr.setEncoding('utf8')
      const ended = once(child, 'exit')
      for await (const text of child.stderr) if (text.includes('left')) break
      child.kill(signal)
      expect(await ended).toEqual([130, null])
      expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true)
    })
  })
})
