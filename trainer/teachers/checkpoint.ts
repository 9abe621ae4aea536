/**
 * Where a run stands, to go on from: a safetensors file of F32 tensors, with the metadata `format`, `identity` (JSON: what the result depends
 * on), `state` (JSON) and `checksum` (over everything). Written whole or not at all. What is in `state` its reader checks, field by field.
 */
import { InputError } from '../../runtime-as/errors.ts'
import { readIfThere } from '../files/access.ts'
import { Field } from '../files/field.ts'
import { writeFile } from '../files/replace.ts'
import { checkSeal, crcOf, sealOf } from '../files/seal.ts'
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts'

/** What a run is: a checkpoint of another one is refused, by the name of the entry that differs. */
export type Identity = Record<string, unknown>

export interface Saved {
  state: Field
  /** The values of a tensor of this many. Throws InputError. */
  tensor(name: string, length: number): Float32Array<ArrayBuffer>
}

export async function saveCheckpoint(
  path: string,
  { format, identity }: { format: string; identity: Identity },
  state: object,
  values: Iterable<readonly [name: string, values: Float32Array]>,
): Promise<void> {
  const tensors = new Map<string, Tensor>()
  for (const [name, array] of values) tensors.set(name, { dtype: 'F32', shape: [array.length], values: array })
  const said = { format, identity: JSON.stringify(identity), state: JSON.stringify(state) }
  const metadata = { ...said, checksum: sealOf(said, tensors, crcOfAll(tensors)) }
  await writeFile(path, writeSafetensors({ tensors, metadata }))
}

/** Undefined without a file. Throws InputError for one that is altered, of another format, or of another run. */
export function loadCheckpoint(
  path: string,
  { format, identity }: { format: string; identity: Identity },
): Saved | undefined {
  const bytes = readIfThere(path)
  if (!bytes) return undefined
  const { tensors, metadata } = readSafetensors(bytes, path)
  new Field(path, 'metadata format', metadata.format).mustBe(format)
  checkSeal(path, metadata, tensors, crcOfAll(tensors))
  const theirs = Field.parse(path, 'identity', metadata.identity)
  const mine: Identity = JSON.parse(JSON.stringify(identity))
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs.value ?? {})])) {
    const found = JSON.stringify(theirs.at(key).value)
    if (found !== JSON.stringify(mine[key]))
      throw new InputError(
        `${path}: ${key}: the checkpoint was made with ${found ?? 'none'}, this run has ${JSON.stringify(mine[key]) ?? 'none'}`,
      )
  }
  return {
    state: Field.parse(path, 'state', metadata.state),
    tensor(name, length) {
      const { dtype, values } = tensors.get(name) ?? {}
      if (dtype !== 'F32' || values?.length !== length)
        throw new InputError(`${path}: tensor "${name}": ${values?.length ?? 'none'}, expected ${length} of F32`)
      return values as Float32Array<ArrayBuffer>
    },
  }
}

/** The bytes of a tensor of memory, and the other way round. */
export const asFloats = (bytes: Uint8Array): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
export const asBytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

function crcOfAll(tensors: ReadonlyMap<string, Tensor>): number {
  let crc = 0
  for (const { values } of tensors.values()) crc = crcOf(values, crc)
  return crc
}
