import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKey, signPolicy, verifyPolicy } from '../../firmware-bridge/host/signing.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { loadPolicy } from '../../runtime-as/kernel/policy.ts'
import { sha256 } from '../../trainer/files/sha256.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import type { Graph } from '../../trainer/teachers/graph/graph.ts'
import { contractOf, encodeTeacher } from '../../trainer/teachers/teacher.ts'
import { bpd, bpdIn, jsonIn } from '../support/command.ts'
import { quantised } from '../support/quantised.ts'
import { about, damaged } from '../support/searched.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-search-verb-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { spec } = new Pendulum()
const linear = {
  layers: [
    {
      inputs: 3,
      outputs: 1,
      activation: 'none' as const,
      weights: Float32Array.of(-1, -8, 0),
      bias: Float32Array.of(0.5),
    },
  ],
}
const read = (name: string) => readFileSync(join(folder, name))
const small = ['--directions', '4', '--best', '2', '--pick-episodes', '2', '--report-episodes', '5', '--workers', '1']
const search = (policy: string, episodes: number, ...words: string[]) =>
  bpdIn(folder, 'search', 'pendulum', policy, '--episodes', `${episodes}`, '--out', 'out', ...small, ...words)

beforeAll(() => {
  writeFileSync(join(folder, 'damaged.bpd'), encodePolicy(damaged, about.contract, about.golden))
  const halves = encodePolicy(quantised(damaged, 'f16'), about.contract, about.golden)
  writeFileSync(join(folder, 'small.bpd'), halves)
  const graph: Graph = {
    observations: 3,
    ops: [
      { op: 'affine', from: [0], weights: Float32Array.of(1, 2, 3), bias: Float32Array.of(0) },
      { op: 'activation', from: [1], name: 'softplus', alpha: 1, beta: 1 },
    ],
  }
  writeFileSync(join(folder, 'soft.safetensors'), encodeTeacher({ graph, squash: 'clip', metadata: {} }))
  writeFileSync(join(folder, 'linear.bpd'), encodePolicy(linear, contractOf(spec, 'clip', {}), about.golden))
})

describe('bpd search', () => {
  it('writes a student of the same contract and mask, and what it did', () => {
    const { status, stdout, stderr } = search('damaged.bpd', 60, '--json')
    expect({ status, stderr }).toMatchObject({ status: 0 })
    const result = JSON.parse(stdout)
    expect(JSON.parse(read('out/search.json').toString())).toEqual(result)
    const bytes = read('out/student.bpd')
    // which recomputes its golden vectors
    expect(loadPolicy(bytes).contract).toMatchObject({ ...about.contract, provenance: expect.anything() })
    const { contract, network, weights } = decodePolicy(bytes)
    expect(contract.provenance).toMatchObject(about.contract.provenance)
    // inspect and compare call it on-policy by that
    expect(contract.provenance.environmentSteps).toMatchObject({ ownStates: 0, search: expect.any(Number) })
    expect(contract.provenance.search).toMatchObject({ episodes: 60, seed: 1, of: sha256(read('damaged.bpd')) })
    expect(result).toMatchObject({ judged: 'on-policy', weights, bytes: bytes.length, episodes: 54, steps: 54 * 200 })
    const zeros = ({ layers }: typeof network) => layers.flatMap((layer) => [...layer.weights].map((w) => w === 0))
    expect(zeros(network).filter(Boolean)).toHaveLength(zeros(damaged).filter(Boolean).length)
    expect(result.returnAfter.mean).toBeGreaterThan(result.returnBefore.mean)
    expect(result.returnAfter.episodes).toBe(5)
    expect(existsSync(join(folder, 'out/checkpoint.safetensors'))).toBe(false)
  })

  it('searches a linear policy that is clipped, by the spread of data, and says how much it has played', () => {
    const teacher = ['--teacher', fileURLToPath(new URL('../../models/pendulum/teacher.safetensors', import.meta.url))]
    const words = [...teacher, '--transitions', '300', '--workers', '1', '--out', 'data.safetensors']
    expect(bpdIn(folder, 'collect', 'pendulum', ...words).status).toBe(0)
    const { status, stdout } = search('linear.bpd', 30, '--force', '--data', 'data.safetensors')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^out\/student\.bpd: 2 weights, \d+ bytes, .*; on-policy: 30 episodes, 6,000 steps of the task\n/,
    )
    expect(stdout).toMatch(/\nreturn -\S+ ± .* -> -\S+ ± .* over 5 episodes\n$/)
    const { contract, network } = decodePolicy(read('out/student.bpd'))
    expect(network.layers[0].weights[2]).toBe(0)
    expect(contract.provenance.search).toMatchObject({ data: expect.any(Number) })
  })

  it('loses nothing to a Ctrl-C while it reports', async () => {
    const found = jsonIn(folder, 'search', 'pendulum', 'damaged.bpd', '--episodes', '20', '--out', 'whole', ...small)
    const words = ['search', 'pendulum', 'damaged.bpd', '--episodes', '20', '--out', 'half', ...small]
    const child = spawn(process.execPath, [bpd, ...words, '--report-episodes', '1000000'], { cwd: folder })
    const ended = once(child, 'exit')
    let stderr = ''
    for await (const text of child.stderr) {
      stderr += text
      if (child.signalCode === null && stderr.includes('evaluating') && !child.killed) child.kill('SIGINT')
    }
    expect(await ended).toEqual([130, null])
    expect(stderr).toContain('interrupted after the search; --resume continues')
    const { file: _, ...resumed } = jsonIn(folder, ...words, '--resume')
    expect(found).toMatchObject(resumed)
    expect(read('half/student.bpd')).toEqual(read('whole/student.bpd'))
  })

  it('says where there is nothing to go on from', () => {
    const { status, stderr } = search('damaged.bpd', 20, '--force', '--resume')
    expect(status).toBe(0)
    expect(stderr).toContain('bpd: out: no checkpoint to go on from: begins anew\n')
  })

  it('begins with a linear policy where it is asked to, and says that it was none before', () => {
    const words = ['--linear', '--episodes', '60', '--out', 'lines', ...small]
    const { status, stdout } = bpdIn(folder, 'search', 'pendulum', ...words, '--json')
    expect(status).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ judged: 'on-policy', from: null, weights: 3, options: { rate: 0.04, noise: 0.03 } })
    expect(loadPolicy(read('lines/student.bpd')).contract.provenance).toMatchObject({ search: { of: 'nothing' } })
  })

  it.each([
    ['neither policy nor --linear', [], 'policy: expected a .bpd policy, or --linear'],
    ['both of them', ['damaged.bpd', '--linear'], 'policy: expected a .bpd policy, or --linear'],
    ['data beside --linear', ['--linear', '--data', 'data.safetensors'], '--data: expected none with --linear'],
  ])('refuses %s in one line', (_, words, message) => {
    const { status, lines } = bpdIn(folder, 'search', 'pendulum', ...words, '--episodes', '60', '--out', 'lines')
    expect(lines).toEqual([expect.stringContaining(`bpd: ${message}`)])
    expect(status).toBe(2)
  })

  it.each([
    ['a policy that is quantised', 'small.bpd', 60, 'small.bpd: weights as f16, expected f32: search first'],
    [
      'a teacher that is no policy',
      'soft.safetensors',
      60,
      'soft.safetensors: a teacher that no board can run, expected',
    ],
    ['too few episodes', 'damaged.bpd', 10, 'episodes 10: expected at least 14, for 4 directions'],
    ['results that are there', 'damaged.bpd', 60, 'out/student.bpd: is there already: --force replaces it'],
  ])('refuses %s in one line', (_, policy, episodes, message) => {
    const { status, lines } = search(policy, episodes)
    expect(lines).toEqual([expect.stringContaining(`bpd: ${message}`)])
    expect(status).toBe(2)
  })

  it('signs its student where it is asked to, and takes a signed one', () => {
    const key = newKey()
    writeFileSync(join(folder, 'robot.key'), key.secretPem!, { mode: 0o600 })
    writeFileSync(join(folder, 'signed.bpd'), signPolicy(read('damaged.bpd'), key, 3))
    const plain = search('damaged.bpd', 20, '--force', '--json')
    const unsigned = read('out/student.bpd')
    const signed = search('signed.bpd', 20, '--force', '--json', '--sign-key', 'robot.key', '--counter', '7')
    expect([plain.status, signed.status]).toEqual([0, 0])
    expect(JSON.parse(plain.stdout).signature).toBeNull()
    expect(JSON.parse(signed.stdout)).toMatchObject({ signature: { keyId: key.id, counter: 7 } })
    const { policy, counter } = verifyPolicy(read('out/student.bpd'), key)
    expect(counter).toBe(7)
    expect(Buffer.from(policy).equals(unsigned)).toBe(true)
  })
})
