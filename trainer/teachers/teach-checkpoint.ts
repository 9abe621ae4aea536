/**
 * Checkpoints of teaching: a safetensors file with the trainer's memory, the transitions so far and the best actor, and as metadata where
 * the run stands and a CRC-32. Saved where an episode begins, so that the environment need not be: its start depends on the episode's number.
 */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { InputError } from '../../runtime-as/errors.ts'
import { writeFile } from '../files/replace.ts'
import type { VariationalLayer } from '../kernels/networks.ts'
import type { Trainer } from '../kernels/trainer.ts'
import type { RandomState } from '../random.ts'
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts'

const format = 'bpd-teach-checkpoint-1'

/** Where a run stands between two episodes. */
export interface TeachState {
  /** environment steps done */
  step: number
  /** the episode that begins */
  episode: number
  explore: RandomState
  /** of work so far, in all processes that the run has had */
  seconds: number
  best: { return: number; layers: VariationalLayer[] }
}

const f32 = (values: Float32Array): Tensor => ({ dtype: 'F32', shape: [values.length], values })

/** identity: JSON of what the result depends on; a checkpoint of another run is refused. */
export async function saveTeachState(
  path: string,
  identity: string,
  trainer: Trainer,
  { best, ...place }: TeachState,
): Promise<void> {
  const memory = trainer.save()
  const tensors = new Map([
    ['memory', f32(new Float32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4))],
    ['transitions', f32(trainer.data.slice(0, place.step * trainer.rowLength))],
    ...best.layers.flatMap(({ theta, bias }, l): [string, Tensor][] => [
      [`best.${l}.theta`, f32(theta)],
      [`best.${l}.bias`, f32(bias)],
    ]),
  ])
  const state = JSON.stringify({ ...place, bestReturn: best.return })
  await writeFile(
    path,
    writeSafetensors({ tensors, metadata: { format, identity, state, crc32: `${crcOf(tensors)}` } }),
  )
}

/** Puts the trainer where `saveTeachState` left it. Undefined without a file; refuses one that is altered or of another run. */
export function loadTeachState(path: string, identity: string, trainer: Trainer): TeachState | undefined {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new InputError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const { tensors, metadata } = readSafetensors(bytes, path)
  if (metadata.format !== format)
    throw new InputError(`${path}: metadata format: ${JSON.stringify(metadata.format ?? null)}, expected "${format}"`)
  if (`${crcOf(tensors)}` !== metadata.crc32) throw new InputError(`${path}: altered: expected crc32 of its metadata`)
  if (metadata.identity !== identity)
    throw new InputError(
      `${path}: a checkpoint of another run: made with ${metadata.identity}, this run has ${identity}`,
    )
  const values = (name: string) => tensors.get(name)!.values as Float32Array
  const { bestReturn, ...state } = JSON.parse(metadata.state)
  const { capacity } = trainer.config
  if (state.step >= capacity)
    throw new InputError(`${path}: ${state.step} steps are done, expected fewer than the ${capacity} to make`)
  trainer.restore(new Uint8Array(values('memory').buffer))
  trainer.data.set(values('transitions'))
  const layers = trainer.networks.readActor().map((layer, l) => {
    return { ...layer, theta: values(`best.${l}.theta`), bias: values(`best.${l}.bias`) }
  })
  return { ...state, best: { return: bestReturn, layers } }
}

function crcOf(tensors: ReadonlyMap<string, Tensor>): number {
  let crc = 0
  for (const { values } of tensors.values())
    crc = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), crc)
  return crc
}
