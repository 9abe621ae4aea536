/** What a distillation without a simulator writes beside its student: a card and a page. */
import { basename, join } from 'node:path'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Distilled } from '../../trainer/distill/distill.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { sha256 } from '../../trainer/files/sha256.ts'
import { encodeTeacher } from '../../trainer/teachers/teacher.ts'
import { cardOf, studentFiles, writeModel } from '../card.ts'
import { NO_RETURN } from './describe.ts'
import type { Wanted } from './wanted.ts'

const page = 'report.html'
/** what is written beside student.bpd and distill.json */
export const heldOutFiles: readonly string[] = [studentFiles.card, page]

/** The card and the page of a student whose file is written. */
export async function writeHeldOut(
  folder: string,
  { bytes, wanted, distilled }: { bytes: Uint8Array; wanted: Wanted; distilled: Distilled },
): Promise<void> {
  const { contract, weights, layers } = decodePolicy(bytes, studentFiles.file)
  const { threshold, budget, studentWeights, heldOut, seconds } = distilled
  const { teacher, data, options, inputs } = wanted
  const facts = {
    variant: options.variant,
    made: 'offline',
    weights,
    bytes: bytes.length,
    keptOfStudent: weights / studentWeights,
    liveUnits: layers.map(({ liveUnits }) => liveUnits),
    threshold,
    budget,
    judged: `held-out action error; ${NO_RETURN}`,
    heldOut,
    ...(teacher && {
      teacher: {
        sha256: sha256(encodeTeacher(teacher)),
        source: teacher.metadata.source ?? 'unknown',
        licence: teacher.metadata.licence ?? 'unknown',
      },
    }),
    data: { file: basename(inputs.at(-1)!), rows: data.count, crc32: data.crc32 },
    seed: options.seed,
    seconds,
    command: ['bpd', ...process.argv.slice(2)].join(' '),
  }
  const licence = `that of its ${teacher ? 'teacher and data' : 'data'}`
  await writeModel(folder, studentFiles, bytes, cardOf(studentFiles, bytes, { task: contract.task, licence }, facts))
  // loaded here because the plots' library takes longer to load than most verbs to run
  const { heldOutHtml } = await import('./page.ts')
  await writeFile(join(folder, page), heldOutHtml({ file: join(folder, studentFiles.file), bytes, wanted, distilled }))
}
