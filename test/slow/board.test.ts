import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { contractOf, encodeTeacher, loadTeacher } from '../../trainer/teachers/teacher.ts'
import { bpdIn, jsonIn } from '../support/command.ts'
import { observationsFor, randomNetwork } from '../support/networks.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-board-'))
afterAll(() => rmSync(folder, { recursive: true }))
const teacherFile = fileURLToPath(new URL('../../models/pendulum/teacher.safetensors', import.meta.url))
const { spec } = new Pendulum()

beforeAll(() => {
  const network = randomNetwork([3, 24, 16, 1], 0.2)
  const save = (name: string, task: string) =>
    writeFileSync(
      join(folder, name),
      encodePolicy(
        network,
        contractOf({ ...spec, name: task }, 'tanh', { note: 'a\u001b[31m\nb' }),
        observationsFor(network, 4),
      ),
    )
  // cos, sin, and a velocity that the pendulum exceeds
  const contract = contractOf(spec, 'tanh', {})
  const bounds = { low: [-1, -1, -0.5], high: [1, 1, 0.5], outside: 'clamp' as const }
  const bounded = { ...contract, observation: { ...contract.observation, ...bounds } }
  writeFileSync(join(folder, 'bounded.bpd'), encodePolicy(network, bounded, [new Float32Array(3)]))
  save('policy.bpd', 'pendulum')
  save('hostile.bpd', 'a\n\u001b[31mb')
  const teacher = loadTeacher(teacherFile)
  writeFileSync(join(folder, 'weak.safetensors'), encodeTeacher({ ...teacher, actionLow: [-1], actionHigh: [1] }))
})

const json = (...words: string[]) => jsonIn(folder, ...words)

describe('the emulated Pico, from the command', () => {
  it('drives whole episodes with the returns of eval, every action equal', () => {
    const loop = json('loop', 'pendulum', 'policy.bpd', '--episodes', '2', '--seed', '5')
    const { return: direct } = json('eval', 'pendulum', 'policy.bpd', '--episodes', '2', '--seed', '5')
    const { mean, std, episodes } = direct
    expect(loop.return).toEqual({ mean, std, episodes })
    expect(loop).toMatchObject({
      bitExact: true,
      comparedActions: 400,
      steps: 400,
      board: { name: 'pico', clockHz: 125e6 },
    })
    expect(loop.cycles.min).toBeGreaterThan(100)
  })

  it('clamps the observations that eval clamps', () => {
    const loop = json('loop', 'pendulum', 'bounded.bpd', '--episodes', '1', '--seed', '5')
    const { outside } = json('eval', 'pendulum', 'bounded.bpd', '--episodes', '1', '--seed', '5')
    expect(outside.clamped).toBeGreaterThan(10)
    expect(outside.refused).toBe(0)
    expect(loop.counters.board.clampedObservations).toBe(outside.clamped)
    expect(loop.comparedActions).toBe(200)
  })

  it('says what a cycle is, and what it takes of the board', () => {
    const { board, student } = json('bench', 'policy.bpd', '--count', '5')
    expect(board.counter).toContain('core cycles')
    expect(student.cycles.count).toBe(5)
    for (const part of ['staticBytes', 'stackUsed', 'imageBytes']) expect(board[part]).toBeGreaterThan(0)
  })
})

describe('the verbs for boards', () => {
  it('inspect tells layers, bytes, contract and provenance', () => {
    const policy = json('inspect', 'policy.bpd')
    expect(policy).toMatchObject({ kind: 'policy', goldenVectors: 4, contract: { task: 'pendulum' } })
    expect(policy.layers.map((layer: { rows: number }) => layer.rows)).toEqual([24, 16, 1])
    expect(json('inspect', teacherFile)).toMatchObject({ kind: 'teacher', parameters: 67073, bytes: 268292 })
  })

  it('inspect and eval tell the bounds of observations, and what they did', () => {
    const policy = bpdIn(folder, 'inspect', 'bounded.bpd').stdout
    expect(policy).toMatch(/^observation {2}angular velocity .* from -0.5 to 0.5, outside: clamped$/m)
    const said = bpdIn(folder, 'eval', 'pendulum', 'bounded.bpd', '--episodes', '4', '--workers', '2').stdout
    expect(said).toMatch(/\nobservations outside their bounds: [1-9]\d* clamped, 0 refused\n/)
    expect(bpdIn(folder, 'eval', 'pendulum', 'policy.bpd', '--episodes', '1').stdout).not.toContain('bounds')
  })

  it('what a file says cannot move the cursor', () => {
    const { status, stdout } = bpdIn(folder, 'inspect', 'hostile.bpd')
    expect(status).toBe(0)
    expect(stdout).not.toContain('\u001b')
  })

  it.each([
    ['a loop on a board that runs nothing', ['loop', 'pendulum', '--port', 'in-process'], 'runs no policy'],
    ['a loop with another task’s policy', ['loop', 'pendulum', 'hostile.bpd'], 'hostile.bpd: contract task'],
    ['a teacher with other bounds', ['bench', 'policy.bpd', '--teacher', 'weak.safetensors'], 'metadata action_low'],
    ['a failsafe that holds, but never comes', ['loop', 'pendulum', 'policy.bpd', '--hold'], 'expected --watch too'],
    [
      'a teacher in place of a policy',
      ['flash', teacherFile],
      'a teacher, expected a .bpd policy as `bpd distill` makes it',
    ],
    ['a port without a name', ['boards', '--port', ''], 'Expected a name. (see "bpd boards --help")'],
    ['an unknown option', ['loop', 'pendulum', '--hertz', '9'], '(see "bpd loop --help")'],
    ['an absent teacher', ['bench', 'policy.bpd', '--teacher', 'none.bpd'], 'none.bpd: cannot be read'],
  ])('%s is refused in one line', (_, words, message) => {
    const { status, stdout, lines } = bpdIn(folder, ...words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(lines.filter((line) => line.startsWith('bpd: '))).toHaveLength(1)
    expect(lines.at(-1)).toContain(message)
  })
})
