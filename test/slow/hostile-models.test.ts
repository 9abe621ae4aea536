/** Small models that ask for much, in a process of their own each: refused in one line, within seconds and 600 MiB. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { ints, type ModelOf, modelOf, type NodeOf } from '../support/onnx-writer.ts'
import { Deflated, zipOf } from '../support/sb3-archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-hostile-models-'))
afterAll(() => rmSync(folder, { recursive: true }))
const script = fileURLToPath(new URL('../support/read-in-child.ts', import.meta.url))

/** 16 MB of zeros that the file does not hold */
const large: NodeOf = { operator: 'ConstantOfShape', inputs: ['s'], outputs: ['n0'] }
const constants = { s: ints('s', [2048, 2048]), two: 2 }
const chain = (
  operator: string,
  { attributes, inputs = [] }: { attributes?: NodeOf['attributes']; inputs?: string[] },
  last: string,
) =>
  Array.from(
    { length: 1900 },
    (_, i): NodeOf => ({
      operator,
      inputs: [`n${i}`, ...inputs],
      outputs: [i === 1899 ? last : `n${i + 1}`],
      attributes,
    }),
  )
const onLarge = (operator: string, how: Parameters<typeof chain>[1]): ModelOf => ({
  nodes: [large, ...chain(operator, how, 'w'), { operator: 'MatMul', inputs: ['x', 'w'] }],
  constants,
  shape: [1, 2048],
})
const filled = (...bytes: number[]) => new Uint8Array(Buffer.alloc(60 << 20, Uint8Array.from(bytes)))
const code = (text: string) =>
  zipOf({
    'p/data.pkl': new Uint8Array(Buffer.from('\x80\x02c__torch__\nPolicy\n)\x81}b.', 'latin1')),
    'p/constants.pkl': new Uint8Array(Buffer.from('\x80\x02).', 'latin1')),
    'p/code/__torch__.py': new Deflated(text),
  })
const brackets = `class Policy(Module):\n  def forward(self) -> Tensor:\n    return ${'('.repeat(1e6)}`
const quotes = `class Policy(Module):\n  def forward(self) -> Tensor:\n    return "${'\\"'.repeat(1e6)}`

const models: [string, () => Uint8Array, RegExp][] = [
  [
    'a large constant transposed 1,900 times',
    () => modelOf(onLarge('Transpose', { attributes: { perm: [1, 0] } })),
    /weights and constants/,
  ],
  [
    'a large constant multiplied 1,900 times',
    () => modelOf(onLarge('Mul', { inputs: ['two'] })),
    /weights and constants/,
  ],
  [
    'a large layer scaled 1,900 times',
    () =>
      modelOf({
        nodes: [
          { ...large, outputs: ['z'] },
          { operator: 'MatMul', inputs: ['x', 'z'], outputs: ['n0'] },
          ...chain('Mul', { inputs: ['two'] }, 'y'),
        ],
        constants,
        shape: [1, 2048],
      }),
    /weights and constants/,
  ],
  ['30 M fields of numbers', () => filled(0x08, 1), /an? \w+ file|unknown kind|fields/],
  ['30 M empty graphs', () => filled(0x3a, 0), /unknown kind|fields/],
  ['code of 4 million lines', () => code('\n'.repeat(4e6)), /no layers in it|bytes of code|lines/],
  ['code of 30 MB', () => code(' '.repeat(30e6)), /bytes of code/],
  ['a million brackets', () => code(brackets), /its code/],
  ['a million quotes', () => code(quotes), /its code/],
]

describe('a hostile model is refused within 600 MiB', () => {
  it.each(models)('%s', (_, make, message) => {
    const file = join(folder, 'model')
    writeFileSync(file, make())
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { error, peakMiB, cpuSeconds } = JSON.parse(stdout)
    expect(error?.name).toBe('InputError')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    expect(error.message.length).toBeLessThan(600)
    expect(peakMiB).toBeLessThan(600)
    expect(cpuSeconds).toBeLessThan(20)
  })
})
