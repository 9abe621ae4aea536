/** What a distillation leaves: its student, as it is stored and signed, the other ones of its sweep, and distill.json. */
import { join } from 'node:path'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { NetworkValues } from '../../runtime-as/format/network.ts'
import type { Student } from '../../trainer/distill/make-student.ts'
import { type QuantisedByError, quantiseByError } from '../../trainer/distill/quantise-by-error.ts'
import type { QuantisedFile } from '../../trainer/distill/quantise-file.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { createTask, taskOrigin } from '../../trainer/tasks/registry.ts'
import { type Signer, signatureOf } from '../keys.ts'
import { EPISODES, quantiseShown } from '../verbs/quantise.ts'
import { NO_RETURN } from './describe.ts'
import { writeHeldOut } from './held-out.ts'
import type { Wanted } from './wanted.ts'

interface Made {
  wanted: Wanted
  taskName: string | undefined
  student: Student
  values: NetworkValues
  sign: Signer
  /** a student as it will lie under that name */
  stored(student: Uint8Array, as: string): Uint8Array
  /** of the sweep's students, where they are wanted too */
  pointNames: readonly string[]
}

/** Writes all of it into the folder; distill.json is the last. */
export async function writeStudent(out: string, made: Made) {
  const { wanted, taskName, student, sign, stored, pointNames } = made
  const { points, distilled } = student
  const file = join(out, 'student.bpd')
  const quantised = await quantisedOf(file, made)
  const { bytes: unsigned, ...figures } = quantised ?? { bytes: student.bytes }
  const bytes = sign(unsigned, file)
  await writeFile(file, bytes)
  for (const [i, name] of pointNames.entries()) await writeFile(join(out, name), stored(points[i], join(out, name)))
  const { network: _, candidates: __, trained: ___, ...record } = distilled
  if (distilled.heldOut) await writeHeldOut(out, { bytes, wanted, distilled })
  const origin = taskName === undefined ? undefined : taskOrigin(taskName)
  const result = {
    ...(distilled.heldOut
      ? { name: wanted.name, judged: `held-out action error; ${NO_RETURN}` }
      : { task: wanted.contract.name }),
    ...(origin && { origin }),
    file,
    bytes: bytes.length,
    weights: decodePolicy(bytes, file).weights,
    signature: signatureOf(bytes, file),
    ...record,
    ...(quantised && { quantised: figures }),
  }
  await writeFile(join(out, 'distill.json'), `${JSON.stringify(result, null, 2)}\n`)
  return { result, quantised }
}

/** undefined: nothing is stored in fewer bytes */
async function quantisedOf(
  file: string,
  { wanted, taskName, student, values }: Made,
): Promise<QuantisedByError | QuantisedFile | undefined> {
  if (values === 'f32') return undefined
  const { data, judge, options } = wanted
  if (judge.measure === 'error') return quantiseByError(student.bytes, { values }, data, file)
  return quantiseShown(student.bytes, { values }, data, {
    name: file,
    seed: options.seed,
    episodes: EPISODES,
    createTask: () => createTask(taskName!),
  })
}
