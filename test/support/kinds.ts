/** A small file of every kind that can be told from its bytes, made here, and the public ones beside the repository where they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { newKey, signPolicy } from '../../firmware-bridge/host/signing.ts'
import { generateOnnx } from '../../runtime-as/exports/onnx.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { generateWasm } from '../../runtime-as/exports/wasm.ts'
import { encodePolicy } from '../../runtime-as/format/encode.ts'
import { writeTransitions } from '../../trainer/data/transitions.ts'
import type { Kind } from '../../trainer/files/sniff.ts'
import { Pendulum } from '../../trainer/tasks/pendulum.ts'
import { writeSafetensors } from '../../trainer/teachers/safetensors.ts'
import { contractOf } from '../../trainer/teachers/teacher.ts'
import { fixturePath } from './fixtures.ts'
import { archiveOf, linear, torchZip, zipOf } from './sb3-archive.ts'

const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const models = new URL('../../models/', import.meta.url)

function pendulumPolicy(): Uint8Array {
  const layer = { inputs: 3, outputs: 1, activation: 'tanh' as const }
  const network = { layers: [{ ...layer, weights: Float32Array.of(1, 2, 3), bias: Float32Array.of(0) }] }
  return encodePolicy(network, contractOf(new Pendulum().spec, 'tanh', {}), [Float32Array.of(1, 0, 0)])
}

const tensor = { dtype: 'F32' as const, shape: [2], values: Float32Array.of(1, 2) }
const tensors = (format?: string) =>
  writeSafetensors({ tensors: new Map([['w', tensor]]), metadata: format === undefined ? {} : { format } })

const policy = pendulumPolicy()
const actor = { ...linear('actor.latent_pi.0', 4, 3), ...linear('actor.mu', 1, 4) }
const npy = latin(`\x93NUMPY\x01\0\x36\0{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }`)
const damaged = tensors()
damaged[20] ^= 0x80

export interface Sample {
  kind: Kind
  /** a name that says nothing, but where the kind needs a hint */
  name: string
  bytes: Uint8Array
}

const made: [kind: Kind, name: string, bytes: Uint8Array][] = [
  ['policy', 'policy', policy],
  ['policy', 'policy-cut', policy.subarray(0, 80)],
  ['teacher', 'teacher', new Uint8Array(readFileSync(new URL('pendulum/teacher.safetensors', models)))],
  ['archive', 'archive', archiveOf(actor, { action_space: { low: '[-2.]', high: '[2.]' } })],
  ['archive', 'archive-cut', archiveOf(actor).subarray(0, 300)],
  ['pickle', 'pickle', latin('\x80\x04N.')],
  ['pickle', 'pickle-of-protocol-0', latin('cposix\nsystem\n(tR.')],
  ['pickle', 'statistics.pkl', latin('(dp0\n.')],
  ['checkpoint', 'checkpoint', tensors('bpd-checkpoint-2')],
  ['checkpoint', 'teach-checkpoint', tensors('bpd-teach-checkpoint-1')],
  ['tensors', 'tensors', tensors()],
  ['damaged', 'damaged', damaged],
  ['onnx', 'model', generateOnnx(readProgram(policy, 'policy'))],
  ['torch', 'torch', torchZip(linear('layer', 2, 3))],
  ['torch', 'torch-before-1.6', latin('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.')],
  ['npz', 'arrays', zipOf({ 'a.npy': npy, 'b.npy': npy })],
  ['npy', 'array', npy],
  ['hdf5', 'hierarchy', latin('\x89HDF\r\n\x1a\n\0\0\0\0')],
  ['parquet', 'columns', latin('PAR1\x15\x04PAR1')],
  ['csv', 'table', latin('time,a,b\n0,1,2\n1,2,3\n')],
  ['csv', 'one-column.csv', latin('reward\n1\n2\n')],
  ['policy', 'signed', signPolicy(policy, newKey(), 1)],
  ['key', 'secret', latin(newKey().secretPem!)],
  ['key', 'public', latin(newKey().publicPem)],
  ['session-key', 'paired', latin(`bpd session key\n${'0'.repeat(64)}\n`)],
  ['zip', 'photos', zipOf({ 'photo.txt': 'none' })],
  ['zip', 'empty-zip', zipOf({})],
  ['gzip', 'packed', new Uint8Array(gzipSync('text'))],
  ['wasm', 'module', generateWasm(readProgram(policy, 'policy'))],
  ['json', 'json', latin('{"a": 1}')],
  ['json', 'list', latin('[1, 2]')],
  ['text', 'letter', latin('this is a letter, not a policy.\nYours\n')],
  ['empty', 'empty', new Uint8Array()],
  ['unknown', 'noise', latin('\xd3\0\x17\xfe\x91 no kind of file')],
]

export const samples: Sample[] = made.map(([kind, name, bytes]) => ({ kind, name, bytes }))

/** Writes transitions, which are never whole in memory. */
export async function writeTransitionsSample(path: string): Promise<void> {
  const row = Float32Array.of(1, 0, 0, 0.5, 0.5, -1, 1, 0, 0, 0, 0)
  await writeTransitions(path, new Pendulum().spec, [row], {})
}

const reference = new URL('../../../shared/reference/', import.meta.url)
const endings: [ending: string, kind: Kind][] = [
  ['.onnx', 'onnx'],
  ['.pt', 'torch'],
  ['.npz', 'npz'],
  ['.hdf5', 'hdf5'],
  ['.parquet', 'parquet'],
  ['.csv', 'csv'],
  ['.safetensors', 'teacher'],
  ['vecnormalize.pkl', 'pickle'],
  ['.zip', 'archive'],
]

/** what others wrote: in the fixtures, and more where the reference data lie beside this checkout */
export const publicFiles: { path: string; kind: Kind }[] = [
  fixturePath('teachers'),
  ...['policies', 'datasets', 'teachers'].map((folder) => fileURLToPath(new URL(folder, reference))),
]
  .filter((at) => existsSync(at))
  .flatMap((at) =>
    readdirSync(at, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
      const kind = endings.find(([ending]) => file.endsWith(ending))?.[1]
      return kind ? [{ path: `${at}/${file}`, kind }] : []
    }),
  )
